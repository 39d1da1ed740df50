import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { codeOrNameOf } from '../../errors/redaction.js';
import { duration, sentences, text, type Text } from '../../errors/text.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { BaseUrl } from '../../options/vendor.options.js';
import { createAgents } from '../../vendor/http/agents.js';
import { type ConnectionOptions, Connector, type Destination } from '../../vendor/http/connector.js';
import { proxyFor, withoutBrackets } from '../../vendor/http/proxy.js';
import {
  CONNECT_TIMEOUT_CODE,
  PROXY_ANSWERED,
  PROXY_UNREACHABLE_CODE,
  transportError,
} from '../../vendor/http/transport-error.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

/** How one of the vendor's hosts is reached. */
interface Route {
  /** With its port, if that is not the usual one. */
  readonly host: string;
  readonly destination: Destination;
  /** Only its `host` may be shown: it has a user name and a password. */
  readonly proxy: URL | undefined;
  readonly connection: ConnectionOptions;
  /** Only recognition of images needs this host: an application without it need not be able to reach it. */
  readonly isForRecognition: boolean;
}

/** The routes to the host of queries and, where it is another one, to that of recognition. */
export function routesOf(options: ResolvedOptions): [main: Route, ...others: Route[]] {
  const { baseUrl, recognitionBaseUrl } = options;
  const main = routeTo(baseUrl, options, false);
  return recognitionBaseUrl.origin === baseUrl.origin ? [main] : [main, routeTo(recognitionBaseUrl, options, true)];
}

function routeTo({ origin, host, loopback }: BaseUrl, options: ResolvedOptions, isForRecognition: boolean): Route {
  const { connectTimeoutMs, proxy, ca } = options;
  const connection = { origin, loopback, maxConnections: 1, connectTimeoutMs, proxy, ca };
  const { hostname, port, protocol } = new URL(origin);
  const secure = protocol === 'https:';
  const destination = { hostname: withoutBrackets(hostname), port: Number(port || (secure ? 443 : 80)), secure };
  return { host, destination, proxy: proxyFor(connection), connection, isForRecognition };
}

const connectionResult = checkResultsOf('connection');
/** A certificate has as a rule been renewed by then. */
const EXPIRES_SOON_MS = 14 * 86_400_000;

/** Connect as every transport does, through the proxy where there is one, certificate verified; send nothing. */
export async function checkConnection(route: Route): Promise<CheckResult> {
  const { host, destination, proxy, connection } = route;
  const connector = new Connector(connection);
  const startedAt = performance.now();
  let socket: Socket | undefined;
  try {
    socket = await new Promise<Socket>((resolve, reject) => {
      connector.connect(destination, (error, made) => (made ? resolve(made) : reject(error ?? new Error('no socket'))));
    });
    socket.on('error', () => undefined);
    const connectMs = Math.round(performance.now() - startedAt);
    return connected(socket, host, { connectMs, ...(proxy && { proxy: proxy.host }) });
  } catch (error) {
    return notConnected(error, route);
  } finally {
    connector.close();
    socket?.destroy();
  }
}

function connected(socket: Socket, about: string, facts: { connectMs: number; proxy?: string }): CheckResult {
  const { connectMs, proxy } = facts;
  const via = proxy === undefined ? text('', '') : text(` through ${proxy}`, `，经代理 ${proxy}`);
  if (!(socket instanceof TLSSocket)) {
    const found = text(
      `connected in ${connectMs} ms${via.en}, without TLS`,
      `${connectMs} 毫秒连通${via.zh}，没有 TLS`,
    );
    return connectionResult('ok', found, { about, facts: { ...facts, protocol: 'none' } });
  }
  const protocol = socket.getProtocol() ?? 'TLS';
  const certificateEndsInMs = Math.round(Date.parse(socket.getPeerCertificate().valid_to) - Date.now());
  const left = duration(certificateEndsInMs);
  const isSoon = certificateEndsInMs < EXPIRES_SOON_MS;
  const found = text(
    `${protocol} in ${connectMs} ms${via.en}, certificate verified, ends in ${left.en}`,
    `${connectMs} 毫秒建立 ${protocol}${via.zh}，证书已校验，${left.zh}后到期`,
  );
  return connectionResult(isSoon ? 'warn' : 'ok', found, {
    about,
    facts: { ...facts, protocol, certificateEndsInMs },
    ...(isSoon && {
      todo: text('Its owner should renew it: run this again in some days', '对方应会换证：过几天再检查'),
    }),
  });
}

function notConnected(error: unknown, { host, proxy, isForRecognition }: Route): CheckResult {
  const { message, cause } = transportError(error);
  const code = codeOrNameOf(cause);
  const advice = ADVICE.find(([pattern]) => pattern.test(code))?.[1] ?? NO_ROUTE;
  return connectionResult(isForRecognition ? 'warn' : 'fail', text(message, `连接失败：${code}`), {
    about: host,
    todo: sentences(advice, isForRecognition ? ONLY_RECOGNITION : undefined),
    facts: { code, ...(proxy && { proxy: proxy.host }) },
  });
}

const ONLY_RECOGNITION = text('Only recognition of images needs this host', '只有图片识别会用到这个地址');
const NO_ROUTE = text(
  'Let this machine connect to that host and port (firewall, security group), or name a proxy',
  '请放行本机到该地址和端口的出站连接（防火墙、安全组），或配置代理',
);

/** What to do about a connection that failed, by the code of its error. */
const ADVICE: readonly (readonly [code: RegExp, todo: Text])[] = [
  [
    /^ECONNREFUSED$/,
    text(
      'Nothing listens there: check host and port of the base URL',
      '对方端口没有监听：请检查腾讯云地址的主机和端口',
    ),
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    text(
      'The name cannot be looked up: check its spelling, and the name server of this machine or container',
      '域名无法解析：请检查地址拼写，以及本机或容器的 DNS 设置',
    ),
  ],
  [new RegExp(`^(${CONNECT_TIMEOUT_CODE}|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$`), NO_ROUTE],
  [
    new RegExp(`^${PROXY_UNREACHABLE_CODE}$`),
    text(
      'Check the proxy: the option proxy, or HTTPS_PROXY and its like in the environment',
      '请检查代理：proxy 选项，或环境变量 HTTPS_PROXY 等',
    ),
  ],
  [
    new RegExp(`^${PROXY_ANSWERED}`),
    text(
      'The proxy must open tunnels (CONNECT) to this host and port, and know your user name and password',
      '代理必须允许对该地址和端口使用 CONNECT，并接受你的用户名和密码',
    ),
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    text(
      'Check the clock of this machine first; if it is right, the certificate of the other side is at fault',
      '先检查本机时钟；时钟没错，就是对方证书的问题',
    ),
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    text(
      'The certificate is that of another host: the base URL is wrong, or the name leads somewhere else here',
      '证书属于别的主机：腾讯云地址写错了，或者这里的 DNS 指到了别处',
    ),
  ],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_|ISSUER/,
    text(
      'The certificate is signed by nobody that Node.js knows. If a gateway of yours ends TLS here, name its authority with NODE_EXTRA_CA_CERTS or the option ca; else somebody is listening in',
      '证书的签发者不受信任。如果是贵司网关做了 TLS 解密，请用 NODE_EXTRA_CA_CERTS 或 ca 选项指定其 CA；否则可能有人在窃听',
    ),
  ],
  [
    /^(EPROTO|ERR_SSL)/,
    text('No TLS 1.2 is spoken there: check port and protocol', '对方不支持 TLS 1.2：请检查端口和协议'),
  ],
];

const clockResult = checkResultsOf('clock');
const NOTICEABLE_MS = 30_000;
const TOO_FAR_MS = 300_000;

/** Compare the clock of this machine with the vendor's, by the header `Date` of the response to a bare `HEAD /`. */
export async function checkClock(route: Route, signal: AbortSignal): Promise<CheckResult> {
  const sentAtMs = Date.now();
  let headers: IncomingHttpHeaders;
  try {
    headers = await headersFrom(route, signal);
  } catch (error) {
    const code = codeOrNameOf(error);
    const found = text(
      `not known: no response from the vendor's host (${code})`,
      `无法得知：腾讯云没有响应（${code}）`,
    );
    return clockResult('warn', found);
  }
  const offset = clockOffsetMs(sentAtMs, Date.now(), headers.date, headers.age);
  if (offset === undefined) {
    return clockResult('warn', text('not known: the response has no date', '无法得知：响应里没有 Date'));
  }
  const offsetMs = Math.round(offset);
  const distanceMs = Math.abs(offsetMs);
  const { en, zh } = duration(distanceMs);
  const found =
    offsetMs > 0
      ? text(`${en} ahead of the vendor's`, `比腾讯云快 ${zh}`)
      : text(`${en} behind the vendor's`, `比腾讯云慢 ${zh}`);
  if (distanceMs <= NOTICEABLE_MS) return clockResult('ok', found, { facts: { offsetMs } });
  const todo = text(
    'Set it by NTP: the age of stored tickets, launches of the phone SDK, the retention of results and certificates are judged by it',
    '请用 NTP 校时：已存 ticket 的有效期、手机 SDK 的启动参数、结果保留期和证书有效期都按时钟判断',
  );
  return clockResult(distanceMs > TOO_FAR_MS ? 'fail' : 'warn', found, { facts: { offsetMs }, todo });
}

function headersFrom({ destination, connection }: Route, signal: AbortSignal): Promise<IncomingHttpHeaders> {
  const { hostname, port, secure } = destination;
  const connector = new Connector(connection);
  const { httpAgent, httpsAgent } = createAgents(connector, {});
  return new Promise<IncomingHttpHeaders>((resolve, reject) => {
    const options = { hostname, port, method: 'HEAD', path: '/', signal };
    const request = secure
      ? httpsRequest({ ...options, agent: httpsAgent })
      : httpRequest({ ...options, agent: httpAgent });
    request.on('error', reject).on('response', (response) => {
      resolve(response.headers);
      response.destroy();
    });
    request.end();
  }).finally(() => connector.close());
}

/** `Date` has whole seconds: on average it is half of one late. */
const HALF_A_SECOND_MS = 500;

/**
 * By how much the clock of this machine is ahead of the one that wrote a header `Date`.
 *
 * @param sentAtMs when the request was sent and, `receivedAtMs`, when its response came, by the clock of this machine
 * @param age the header `Age` of a cached response, in seconds
 * @returns milliseconds, uncertain by half a second and half the round trip; undefined without a date
 */
export function clockOffsetMs(
  sentAtMs: number,
  receivedAtMs: number,
  date: string | undefined,
  age?: string,
): number | undefined {
  const vendorMs = Date.parse(date ?? '');
  if (Number.isNaN(vendorMs)) return undefined;
  const cachedMs = /^\d{1,9}$/.test(age ?? '') ? Number(age) * 1_000 : 0;
  return (sentAtMs + receivedAtMs) / 2 - (vendorMs + cachedMs + HALF_A_SECOND_MS);
}
