import {
  BankCardOcrConfigurationError,
  configurationIssue,
  Problem,
  unusableText,
} from '../../errors/configuration-error.js';
import type { SecretText } from '../../runtime/secret-text.js';

interface ProxyChoice {
  readonly origin: string;
  readonly loopback: boolean;
  readonly proxy?: SecretText;
}

/** The option, else the environment. @throws {@link BankCardOcrConfigurationError} for an unreadable variable */
export function proxyFor(choice: ProxyChoice): URL | undefined {
  const named = proxyNamed(choice, process.env);
  if (!named) return undefined;
  if (!(named.proxy instanceof Problem)) return named.proxy;
  throw new BankCardOcrConfigurationError([configurationIssue('proxy', named.proxy, named.variable)]);
}

/** HTTPS_PROXY or HTTP_PROXY, else ALL_PROXY, lower case first. Unreadable is not absent: traffic would go around. */
export function proxyNamed(
  { origin, loopback, proxy }: ProxyChoice,
  environment: Environment,
): { readonly proxy: URL | Problem; readonly variable?: string } | undefined {
  if (proxy) return isNone(proxy.reveal()) ? undefined : { proxy: readProxyUrl(proxy.reveal()) };
  // Whoever tests against this machine does not want to be sent out by a variable of the company's.
  if (loopback) return undefined;
  const find = (name: string) =>
    [name.toLowerCase(), name.toUpperCase()].find((variable) => environment[variable]?.trim());
  const url = new URL(origin);
  const variable = find(`${url.protocol.slice(0, -1)}_proxy`) ?? find('all_proxy');
  if (variable === undefined || isExcepted(url, environment[find('no_proxy') ?? ''] ?? '')) return undefined;
  return { variable, proxy: readProxyUrl(environment[variable]) };
}

export function isNone(text: string): boolean {
  return text.trim().toLowerCase() === 'none';
}

export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** A variable of the environment may hold a password with a bare percent sign, which other programs take as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const RIGHT = new Problem(
  'write http://proxy:3128 or http://user:password@proxy:3128, and # / ? \\ @ % in a user name or a password as ' +
    '%23 %2F %3F %5C %40 %25',
  '请写成 http://proxy:3128 或 http://用户:密码@proxy:3128；用户名或密码里的 # / ? \\ @ % 写成 %23 %2F %3F %5C %40 %25',
);
/** As other programs take it: a host, perhaps with a user and a port. */
const WITHOUT_SCHEME = /^([^\s\\/?#]*@)?(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?\/?$/i;
const NO_PROXY_NAMED = /^(no|off|direct|0|undefined|null|none|nil|nan|true|false)$/i;

/** What the URL parser would take for another host, because a character of the password was not encoded, is refused. */
export function readProxyUrl(given: unknown): URL | Problem {
  if (typeof given !== 'string') return wrong('is not a text', '不是文本');
  const text = given.trim();
  const unusable = unusableText(text);
  if (unusable) return unusable;
  if (NO_PROXY_NAMED.test(text)) return wrong('names no proxy', '没有写代理地址');
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme))
    return wrong('is no HTTP proxy, and other kinds are not supported', '不是 HTTP 代理，不支持其他种类');
  const full = scheme === undefined ? `http://${text}` : text;
  const isRead = scheme !== undefined || WITHOUT_SCHEME.test(text);
  if (!isRead || /[\\\t\r\n]/.test(text) || !URL.canParse(full)) return wrong('is not a URL', '不是 URL');
  const url = new URL(full);
  if (/^\/?$/.test(url.pathname) && url.search === '' && url.hash === '') return url;
  return wrong('has something behind the host, or a # / ? that is not encoded', '主机之后还有内容，或有未转义的 # / ?');
}

function wrong(en: string, zh: string): Problem {
  return new Problem(`${en}: ${RIGHT.en}`, `${zh}：${RIGHT.zh}`);
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Hosts with all below them, `*.` or a dot before them, with or without a port; `*` for all; quotes mean nothing. */
function isExcepted({ hostname, port, protocol }: URL, exceptions: string): boolean {
  const host = withoutBrackets(hostname);
  return exceptions.split(/[\s,;]+/).some((entry) => {
    const authority = entry
      .toLowerCase()
      .replace(/["'`“”‘’]/g, '')
      .replace(/^[a-z][a-z0-9+.-]*:\/\/|[/?#].*$/g, '');
    const [, named = authority, ofPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(authority) ?? [];
    if (ofPort !== undefined && ofPort !== (port || DEFAULT_PORTS[protocol])) return false;
    const domain = withoutBrackets(named)
      .replace(/^\*?\./, '')
      .replace(/\.$/, '');
    return domain === '*' || (domain !== '' && (host === domain || host.endsWith(`.${domain}`)));
  });
}

/** The host of a URL as sockets and resolvers take it: an IPv6 address without its brackets. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
