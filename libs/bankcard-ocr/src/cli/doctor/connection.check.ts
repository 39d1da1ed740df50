import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Connector } from '../../vendor/http/connector.js';
import { withoutBrackets } from '../../vendor/http/proxy.js';
import {
  CONNECT_TIMEOUT_CODE,
  PROXY_ANSWERED,
  PROXY_UNREACHABLE_CODE,
  transportError,
} from '../../vendor/http/transport-error.js';
import { duration, sentences, text, type Text } from '../text.js';
import { type CheckResult, checkResultsOf, nameOf } from './check-result.js';
import { failureOn, type Route, whatNeeds } from './route.js';

const finding = checkResultsOf('connection');
/** A certificate that ends sooner has as a rule been renewed by then. */
const SOON_MS = 14 * 86_400_000;

/** Connect as every transport does, through the proxy where there is one, certificate verified; send nothing. */
export async function checkConnection(way: Route): Promise<CheckResult> {
  const { host, destination, proxy, connection } = way;
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
    return failed(error, way);
  } finally {
    connector.close();
    socket?.destroy();
  }
}

function connected(socket: Socket, host: string, facts: { connectMs: number; proxy?: string }): CheckResult {
  const way = facts.proxy === undefined ? text('', '') : text(` through ${facts.proxy}`, `，经代理 ${facts.proxy}`);
  if (!(socket instanceof TLSSocket)) {
    const found = text(
      `connected in ${facts.connectMs} ms${way.en}, without TLS`,
      `${facts.connectMs} 毫秒连通${way.zh}，没有 TLS`,
    );
    return finding('ok', found, { about: host, facts: { ...facts, protocol: 'none' } });
  }
  const protocol = socket.getProtocol() ?? 'TLS';
  const certificateEndsInMs = Math.round(Date.parse(socket.getPeerCertificate().valid_to) - Date.now());
  const left = duration(certificateEndsInMs);
  const isSoon = certificateEndsInMs < SOON_MS;
  return finding(
    isSoon ? 'warn' : 'ok',
    text(
      `${protocol} in ${facts.connectMs} ms${way.en}, certificate verified, ends in ${left.en}`,
      `${facts.connectMs} 毫秒建立 ${protocol}${way.zh}，证书已校验，${left.zh}后到期`,
    ),
    {
      about: host,
      facts: { ...facts, protocol, certificateEndsInMs },
      ...(isSoon && {
        todo: text(
          'Look again in some days: whoever owns the host should have renewed it by then',
          '过几天再看：届时对方应已换证',
        ),
      }),
    },
  );
}

function failed(error: unknown, way: Route): CheckResult {
  const { message, cause } = transportError(error);
  const { host, proxy } = way;
  const code = nameOf(cause);
  return finding(failureOn(way), text(message, `连接失败：${code}`), {
    about: host,
    todo: sentences(connectionAdvice(code), whatNeeds(way)),
    facts: { code, ...(proxy && { proxy: proxy.host }) },
  });
}

const UNTRUSTED = text(
  'The certificate is signed by nobody that Node.js knows. If a gateway of yours ends TLS here, name its authority with NODE_EXTRA_CA_CERTS or the option ca; else somebody is listening in',
  '证书的签发者不受信任。如果是贵司网关做了 TLS 解密，请用 NODE_EXTRA_CA_CERTS 或 ca 选项指定其 CA；否则可能有人在窃听',
);
const NO_WAY_OUT = text(
  'Let this machine connect to that host and port (firewall, security group), or name a proxy',
  '请放行本机到该地址和端口的出站连接（防火墙、安全组），或配置代理',
);

/** What to do about a connection that cannot be made, by the beginning of its code. */
const ADVICE: readonly (readonly [code: RegExp, todo: Text])[] = [
  [
    /^ECONNREFUSED$/,
    text(
      'Nothing listens there: check host and port of the base URL',
      '对方端口没有监听：请检查服务商地址的主机和端口',
    ),
  ],
  [/^(ENOTFOUND|EAI_AGAIN)$/, text('The name cannot be looked up: see DNS above', '域名无法解析：见上面的域名解析')],
  [new RegExp(`^(${CONNECT_TIMEOUT_CODE}|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$`), NO_WAY_OUT],
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
      '证书属于别的主机：服务商地址写错了，或者这里的 DNS 指到了别处',
    ),
  ],
  [/SELF_SIGNED|UNABLE_TO|CERT_|ISSUER/, UNTRUSTED],
  [
    /^(EPROTO|ERR_SSL)/,
    text('No TLS 1.2 is spoken there: check port and protocol', '对方不支持 TLS 1.2：请检查端口和协议'),
  ],
  [/^(ECONNRESET|BANKCARD_OCR_CLOSED)$/, NO_WAY_OUT],
];

/** What to do about a connection that failed with this code. */
function connectionAdvice(code: string): Text {
  return ADVICE.find(([pattern]) => pattern.test(code))?.[1] ?? NO_WAY_OUT;
}

const dnsFinding = checkResultsOf('dns');
const DNS_ADVICE = text(
  'Check the spelling of the host, and the name server of this machine or container',
  '请检查地址拼写，以及本机或容器的 DNS 设置',
);

/** Look the names up that this machine itself has to know: those of the vendor, or those of the proxies before them. */
export async function checkNames(ways: readonly Route[]): Promise<CheckResult[]> {
  // The way of queries comes first, and decides about a name that both need.
  const names = new Map(
    ways.toReversed().map((way) => [withoutBrackets(way.proxy?.hostname ?? way.destination.hostname), way]),
  );
  return Promise.all([...names].toReversed().map(([name, way]) => checkName(name, way)));
}

async function checkName(name: string, way: Route): Promise<CheckResult> {
  if (isIP(name) !== 0) {
    return dnsFinding('ok', text('an address, nothing to look up', '是 IP 地址，无需解析'), { about: name });
  }
  try {
    const addresses = (await lookup(name, { all: true })).length;
    return dnsFinding('ok', text(`${addresses} addresses`, `${addresses} 个地址`), {
      about: name,
      facts: { addresses },
    });
  } catch (error) {
    const code = nameOf(error);
    return dnsFinding(failureOn(way), text(`cannot be looked up (${code})`, `解析失败（${code}）`), {
      about: name,
      todo: sentences(DNS_ADVICE, whatNeeds(way)),
      facts: { code },
    });
  }
}
