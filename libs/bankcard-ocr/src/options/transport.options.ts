import { X509Certificate } from 'node:crypto';
import { Problem } from '../errors/configuration-error.js';
import { SecretText } from '../runtime/secret-text.js';
import { definesRoute, type HttpServiceLike } from '../vendor/http/load-http-service.js';
import { isNone, readProxyUrl } from '../vendor/http/proxy.js';
import { type OptionsBefore } from './option-values.js';

/** How Tencent is reached. */
export interface TransportOptions {
  /**
   * How requests travel. `undici` needs no package of yours and costs a fraction of the other; with `http-service`, mocks
   * of Node's own client work, and `@nestjs/axios` and `axios` have to be installed. Neither appears in traces, whose URLs
   * would hold secrets. With `httpService` set, the default is `http-service`.
   * @default 'undici'
   */
  readonly transport?: 'http-service' | 'undici' | undefined;
  /**
   * Your own `HttpService` instead of the library's, with `http-service` only. A leak risk: its interceptors and
   * loggers see the URLs, and with them the secret, tokens and signatures. Agents or a proxy set on it are used as
   * they are; TLS, proxy and certificates are then up to it. An instance made by `axios.create()` also sends
   * the headers, `auth` and `params` of `axios.defaults` to Tencent.
   * @default an instance of the library's own
   */
  readonly httpService?: HttpServiceLike | undefined;
  /**
   * The proxy to Tencent, `http` or `https`, e.g. `http://user:password@proxy:3128`; `none` for none. A loopback
   * host is never reached through a proxy of the environment.
   * @default `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment
   */
  readonly proxy?: string | SecretText | undefined;
  /**
   * Certificates, in PEM, that are trusted *instead* of Node's own list. TLS 1.2 or newer is always verified.
   * @default Node's own list
   */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /**
   * Milliseconds to establish a connection: all addresses of the host, `CONNECT` and TLS together. Of several addresses
   * the next one is tried after a third of it.
   * @default 3000
   */
  readonly connectTimeoutMs?: number | undefined;
  /** How many connections are in use at once, for each host; further requests wait. @default 50 */
  readonly maxConnections?: number | undefined;
  /**
   * Milliseconds after which connections are no longer reused, so that a change of DNS is noticed while traffic never
   * stops. They are dropped at once when a response shows a wrong server. Requests under way are not cut off.
   * @default 300000
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /**
   * The largest response that is read, in bytes, counted before and after decompression while it arrives. Photos left
   * aside, no response may have more than 256 KiB.
   * @default 33554432
   */
  readonly maxResponseBytes?: number | undefined;
}

export function readHttpService(value: unknown, { transport }: OptionsBefore): HttpServiceLike | Problem {
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
function madeElsewhere({ httpService, transport }: OptionsBefore): Problem | undefined {
  if (!isHttpService(httpService) || transport === 'undici' || !definesRoute(httpService)) return undefined;
  return new Problem(
    'cannot be used with an httpService that has agents or a proxy',
    '不能与自带 agent 或代理的 httpService 同时使用',
  );
}

/** Its text is not repeated in any message: it carries a password as a rule. */
export function readProxy(value: unknown, before: OptionsBefore): SecretText | Problem {
  if (typeof value !== 'string' || !isNone(value)) {
    const url = readProxyUrl(value);
    if (url instanceof Problem) return new Problem(`${url.en}, or 'none' for no proxy`, `${url.zh}；不走代理写 'none'`);
  }
  return madeElsewhere(before) ?? new SecretText(value as string);
}

export function readCa(value: unknown, before: OptionsBefore): (string | Buffer)[] | Problem {
  const parts: unknown[] = [value].flat();
  if (parts.length > 0 && parts.every(isPem)) return madeElsewhere(before) ?? (parts as (string | Buffer)[]);
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
