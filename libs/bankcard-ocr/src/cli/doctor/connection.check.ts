import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { codeOrNameOf } from '../../errors/redaction.js';
import { duration, sentences, text, type Text } from '../../errors/text.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { BaseUrl } from '../../options/vendor.options.js';
import { Connector } from '../../vendor/http/connector.js';
import { clockOffsetMs } from '../../vendor/http/provenance.js';
import { proxyFor, withoutBrackets } from '../../vendor/http/proxy.js';
import { transportError } from '../../vendor/http/transport-error.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const connectionResult = checkResultsOf('connection');
const clockResult = checkResultsOf('clock');

export async function checkConnections(options: ResolvedOptions): Promise<CheckResult[]> {
  const { baseUrl, recognitionBaseUrl } = options;
  const query = checkHost(baseUrl, options, false);
  if (recognitionBaseUrl.origin === baseUrl.origin) return query;
  return (await Promise.all([query, checkHost(recognitionBaseUrl, options, true)])).flat();
}

/** Connect as every transport does, through the proxy where there is one, certificate verified. */
async function checkHost(url: BaseUrl, options: ResolvedOptions, isForRecognition: boolean): Promise<CheckResult[]> {
  const { host, origin, loopback } = url;
  const { connectTimeoutMs, proxy, ca } = options;
  const connection = { origin, loopback, maxConnections: 1, connectTimeoutMs, proxy, ca };
  // Only its `host` may be shown: it has a user name and a password.
  const through = proxyFor(connection);
  const via = through && { proxy: through.host };
  const { hostname, port, protocol } = new URL(origin);
  const secure = protocol === 'https:';
  const destination = { hostname: withoutBrackets(hostname), port: Number(port || (secure ? 443 : 80)), secure };
  const connector = new Connector(connection);
  const startedAt = performance.now();
  let socket: Socket | undefined;
  try {
    socket = await new Promise<Socket>((resolve, reject) => {
      connector.connect(destination, (error, made) => (made ? resolve(made) : reject(error ?? new Error('no socket'))));
    });
    socket.on('error', () => undefined);
    const result = connected(socket, host, { connectMs: Math.round(performance.now() - startedAt), ...via });
    return isForRecognition ? [result] : [result, await checkClock(socket, host)];
  } catch (error) {
    const { message, cause } = transportError(error);
    const code = codeOrNameOf(cause);
    const advice = ADVICE.find(([pattern]) => pattern.test(code))?.[1];
    const result = { about: host, facts: { code, ...via } };
    const found = text(message, `连接失败：${code}`);
    if (!isForRecognition) return [connectionResult('fail', found, { ...result, todo: advice }), clockUnknown(code)];
    // An application that recognizes no images need not be able to reach the host of recognition.
    const onlyRecognition = text('Only recognition of images needs this host', '只有图片识别会用到这个地址');
    return [connectionResult('warn', found, { ...result, todo: sentences(advice, onlyRecognition) })];
  } finally {
    connector.close();
    socket?.destroy();
  }
}

/** A certificate has as a rule been renewed by then. */
const EXPIRES_SOON_MS = 14 * 86_400_000;

function connected(socket: Socket, about: string, facts: { connectMs: number; proxy?: string }): CheckResult {
  const { connectMs, proxy } = facts;
  const via = proxy === undefined ? text('', '') : text(` through ${proxy}`, `，经代理 ${proxy}`);
  const time = text(`in ${connectMs} ms${via.en}`, `${connectMs} 毫秒${via.zh}`);
  if (!(socket instanceof TLSSocket)) {
    const found = text(`connected ${time.en}, without TLS`, `${time.zh}连通，没有 TLS`);
    return connectionResult('ok', found, { about, facts: { ...facts, protocol: 'none' } });
  }
  const protocol = socket.getProtocol() ?? 'TLS';
  const certificateEndsInMs = Math.round(Date.parse(socket.getPeerCertificate().valid_to) - Date.now());
  const left = duration(certificateEndsInMs);
  const found = text(
    `${protocol} ${time.en}, certificate verified, ends in ${left.en}`,
    `${time.zh}建立 ${protocol}，证书已校验，${left.zh}后到期`,
  );
  const rest = { about, facts: { ...facts, protocol, certificateEndsInMs } };
  if (certificateEndsInMs >= EXPIRES_SOON_MS) return connectionResult('ok', found, rest);
  const todo = text('Its owner should renew it: run this again in some days', '对方应会换证：过几天再检查');
  return connectionResult('warn', found, { ...rest, todo });
}

const ADVICE: readonly (readonly [code: RegExp, todo: Text])[] = [
  [/^ECONNREFUSED$/, text('Nothing listens there: check the base URL', '对方端口没有监听：请检查腾讯云地址')],
  [/^(ENOTFOUND|EAI_AGAIN)$/, text('The name cannot be resolved: check it and DNS', '域名无法解析：请检查拼写和 DNS')],
  [
    /PROXY_/,
    text('The proxy must open tunnels (CONNECT) and accept your password', '代理必须允许 CONNECT，并接受密码'),
  ],
  [/^CERT_(HAS|NOT)_/, text('Check the clock of this machine, then the certificate', '请先检查本机时钟，再检查证书')],
  [
    /ALTNAME_INVALID$/,
    text('The certificate is for another host: check URL and DNS', '证书属于别的主机：请检查地址和 DNS'),
  ],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_|ISSUER/,
    text(
      'Node.js does not trust the issuer of the certificate. If your gateway terminates TLS here, set its CA with NODE_EXTRA_CA_CERTS or the option ca; otherwise the connection may be intercepted',
      '证书的签发者不受信任。如果是贵司网关做了 TLS 解密，请用 NODE_EXTRA_CA_CERTS 或 ca 选项指定其 CA；否则可能有人在窃听',
    ),
  ],
  [/^(EPROTO|ERR_SSL)/, text('The host does not support TLS 1.2: check the port', '对方不支持 TLS 1.2：请检查端口')],
  [/^/, text('Let this machine connect to it (firewall), or name a proxy', '请放行到该地址的出站连接，或配置代理')],
];

const RESPONSE_LIMIT_MS = 5_000;
const NOTICEABLE_MS = 30_000;
const TOO_FAR_MS = 300_000;

/** Compare the clock of this machine with Tencent's, by the header `Date` of the response to a bare `HEAD /`. */
async function checkClock(socket: Socket, host: string): Promise<CheckResult> {
  const sentAtMs = Date.now();
  const signal = AbortSignal.timeout(RESPONSE_LIMIT_MS);
  const head = request({ createConnection: () => socket, method: 'HEAD', path: '/', headers: { host }, signal }).end();
  let headers: IncomingMessage['headers'];
  try {
    [{ headers }] = (await once(head, 'response')) as [IncomingMessage];
  } catch (error) {
    return clockUnknown(codeOrNameOf(error));
  }
  const offset = clockOffsetMs(sentAtMs, Date.now(), headers.date);
  if (offset === undefined) return clockUnknown('no date');
  const offsetMs = Math.round(offset);
  const distanceMs = Math.abs(offsetMs);
  const { en, zh } = duration(distanceMs);
  const side = offsetMs > 0 ? text('ahead of', '快') : text('behind', '慢');
  const found = text(`${en} ${side.en} Tencent's`, `比腾讯云${side.zh} ${zh}`);
  if (distanceMs <= NOTICEABLE_MS) return clockResult('ok', found, { facts: { offsetMs } });
  const todo = text(
    'Synchronize it with NTP: the age of stored tickets is measured with it',
    '请用 NTP 校时：已存 ticket 的有效期按时钟判断',
  );
  return clockResult(distanceMs > TOO_FAR_MS ? 'fail' : 'warn', found, { facts: { offsetMs }, todo });
}

function clockUnknown(why: string): CheckResult {
  const found = text(`not known: no time from Tencent's host (${why})`, `无法得知：腾讯云没有给出时间（${why}）`);
  return clockResult('warn', found);
}
