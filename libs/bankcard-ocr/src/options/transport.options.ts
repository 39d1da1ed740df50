import { X509Certificate } from 'node:crypto';
import { Problem } from '../errors/configuration-error.js';
import { SecretText } from '../runtime/secret-text.js';
import { definesRoute, type HttpServiceLike } from '../vendor/http/load-http-service.js';
import { isNone, readProxyUrl } from '../vendor/http/proxy.js';
import { type UncheckedOptions } from './option-values.js';

/** How requests travel: through undici, or through `HttpService` of `@nestjs/axios`, which costs several times as much. */
export type TransportKind = 'http-service' | 'undici';

/** How Tencent is reached. */
export interface TransportOptions {
  /**
   * How requests travel. `undici` needs no package of yours and costs a fraction of the other; with `http-service`, mocks
   * of Node's own client work, and `@nestjs/axios` and `axios` have to be installed. Neither appears in traces, whose URLs
   * would hold secrets. With `httpService` set, the default is `http-service`.
   * 请求怎么发：`undici` 无需另装包，开销只有另一种的零头；`http-service` 能让挂在 Node 自带客户端上的 mock 照常工作，但要安装
   * `@nestjs/axios` 和 `axios`。两者都不会出现在链路追踪里，否则 URL 中的密钥会随之导出。设置了 `httpService` 时默认为 `http-service`。
   * @default 'undici'
   */
  readonly transport?: TransportKind | undefined;
  /**
   * Your own `HttpService` instead of the library's, with `http-service` only. A leak risk: its interceptors and
   * loggers see the URLs, and with them the secret, tokens and signatures. Agents or a proxy set on it are used as
   * they are; TLS, proxy and certificates are then up to it. An instance made by `axios.create()` also sends
   * the headers, `auth` and `params` of `axios.defaults` to Tencent.
   * 换成你自己的 `HttpService`，只能配合 `http-service`。有泄密风险：它的拦截器和日志看得到 URL，也就看得到密钥、token 和签名。
   * 它自带的 agent 或代理会原样使用，这时 TLS、代理和证书都由它自己负责。用 `axios.create()` 创建的实例还会把 `axios.defaults`
   * 里的请求头、`auth` 和 `params` 发给腾讯云。
   * @default an instance of the library's own
   * @defaultZh 本模块专用的实例
   */
  readonly httpService?: HttpServiceLike | undefined;
  /**
   * The proxy to Tencent, `http` or `https`, e.g. `http://user:password@proxy:3128`; `none` for none. A loopback
   * host is never reached through a proxy of the environment.
   * 访问腾讯云的代理，`http` 或 `https`，例如 `http://user:password@proxy:3128`；`none` 表示不走代理。本机地址不受环境变量里的代理影响。
   * @default `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment
   * @defaultZh 环境变量 `HTTPS_PROXY`、`HTTP_PROXY`、`ALL_PROXY`、`NO_PROXY`
   */
  readonly proxy?: string | SecretText | undefined;
  /**
   * Certificates, in PEM, that are trusted *instead* of Node's own list. TLS 1.2 or newer is always verified.
   * PEM 格式的证书，会*取代* Node 自带的列表。TLS 不低于 1.2，证书一定校验。
   * @default Node's own list
   * @defaultZh Node 自带的列表
   */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /**
   * Milliseconds to establish a connection: all addresses of the host, `CONNECT` and TLS together. Of several addresses
   * the next one is tried after a third of it.
   * 建立连接的时限：主机的所有地址、`CONNECT` 和 TLS 握手合计。有多个地址时，每过三分之一的时限换下一个。
   * @default 3000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How many connections are in use at once, for each host; further requests wait.
   * 每个地址同时使用的连接数，超出的请求排队。
   * @default 50
   */
  readonly maxConnections?: number | undefined;
  /**
   * Milliseconds after which connections are no longer reused, so that a change of DNS is noticed while traffic never
   * stops. They are dropped at once when a response shows a wrong server. Requests under way are not cut off.
   * 连接最多复用多久（毫秒）：即使流量不断，DNS 变更也能被发现。响应表明连到了错误的服务器时立即弃用。进行中的请求不会被切断。
   * @default 300000
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /**
   * The largest response that is read, in bytes, counted before and after decompression while it arrives. Photos left
   * aside, no response may have more than 256 KiB.
   * 响应大小上限（字节），边接收边计，解压前后都算。除照片外，响应不得超过 256 KiB。
   * @default 33554432
   */
  readonly maxResponseBytes?: number | undefined;
}

export function readHttpService(value: unknown, { transport }: UncheckedOptions): HttpServiceLike | Problem {
  if (isHttpService(value) && transport !== 'undici') return value;
  return new Problem(
    "must be an HttpService of @nestjs/axios, and not beside transport 'undici': leave it out, unless you need your own",
    "必须是 @nestjs/axios 的 HttpService，且不能与 transport 'undici' 同时使用：没有特殊需要就不要设置",
  );
}

function isHttpService(value: unknown): value is HttpServiceLike {
  return typeof (value as { request?: unknown } | null)?.request === 'function';
}

/** What is wrong with an option about connections when the application's HttpService makes its own. */
function madeElsewhere({ httpService, transport }: UncheckedOptions): Problem | undefined {
  if (!isHttpService(httpService) || transport === 'undici' || !definesRoute(httpService)) return undefined;
  return new Problem(
    'cannot be used with an httpService that has agents or a proxy',
    '不能与自带 agent 或代理的 httpService 同时使用',
  );
}

/** Its text is not repeated in any message: it carries a password as a rule. */
export function readProxy(value: unknown, options: UncheckedOptions): SecretText | Problem {
  if (typeof value !== 'string' || !isNone(value)) {
    const url = readProxyUrl(value);
    if (url instanceof Problem) return new Problem(`${url.en}, or 'none' for no proxy`, `${url.zh}；不走代理写 'none'`);
  }
  return madeElsewhere(options) ?? new SecretText(value as string);
}

export function readCa(value: unknown, options: UncheckedOptions): (string | Buffer)[] | Problem {
  const parts: unknown[] = [value].flat();
  if (parts.length > 0 && parts.every(isPem)) return madeElsewhere(options) ?? (parts as (string | Buffer)[]);
  return new Problem(
    'must be certificates in PEM: their text, not the name of a file, with real line ends',
    '必须是 PEM 证书的内容，不是文件名；换行必须是真正的换行',
  );
}

/** Each certificate is read by itself: in a list of CAs, Node silently ignores what it cannot read. */
function isPem(part: unknown): boolean {
  if (typeof part !== 'string' && !Buffer.isBuffer(part)) return false;
  const certificates = part.toString().match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.length > 0 && certificates.every((pem) => new X509Certificate(pem).subject !== undefined);
  } catch {
    return false;
  }
}
