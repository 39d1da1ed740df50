import { BlockList, isIP } from 'node:net';
import { Problem } from '../../errors/problem.js';
import { readProxyUrl } from './proxy-url.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about the way to an origin. */
export interface ProxyOfEnvironment {
  /** The variable that says so, spelled as it is set. */
  readonly variable: string;
  /** The proxy, or what is wrong with the variable. */
  readonly proxy: URL | Problem;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy that the usual variables name for an origin: HTTPS_PROXY or HTTP_PROXY, else ALL_PROXY, in either case of
 * letters, lower case first; none for what NO_PROXY lists.
 *
 * @returns undefined for none; a variable that cannot be read is no absent one: the traffic would go round the proxy
 */
export function proxyOfEnvironment(origin: string, environment: Environment): ProxyOfEnvironment | undefined {
  const find = (name: string): { variable: string; value: string } | undefined => {
    const variable = [name.toLowerCase(), name.toUpperCase()].find((one) => isSet(environment[one]));
    return variable === undefined ? undefined : { variable, value: environment[variable] ?? '' };
  };
  const url = new URL(origin);
  const named = find(`${url.protocol.slice(0, -1)}_proxy`) ?? find('all_proxy');
  if (!named) return undefined;
  const exceptions = find('no_proxy');
  const isException = exceptions && judgeExceptions(url, exceptions.value);
  if (isException === true) return undefined;
  if (exceptions && isException instanceof Problem) return { variable: exceptions.variable, proxy: isException };
  return { variable: named.variable, proxy: readProxyUrl(named.value) };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}

/**
 * Whether NO_PROXY excepts a host: host names with everything below them, `*.` and a leading dot allowed, addresses and
 * ranges of addresses, with or without a port; `*` for all.
 *
 * @returns a problem when an entry means the host, in a spelling that is not read: it would be sent to the proxy
 */
function judgeExceptions(url: URL, exceptions: string): boolean | Problem {
  const entries = exceptions.split(/[\s,;]+/).filter((entry) => entry !== '');
  if (entries.some((entry) => excepts(entry, url))) return true;
  if (!entries.some((entry) => excepts(readLoosely(entry), url) || matchesAsPattern(entry, url))) return false;
  const host = withoutBrackets(url.hostname);
  return new Problem(
    `has an entry for ${host} that cannot be read: write ${host}, without quotation marks, scheme, path or *`,
    `里有一项指的是 ${host}，但写法无法识别：请直接写 ${host}，不要带引号、协议、路径或 *`,
  );
}

function excepts(entry: string, { hostname, port, protocol }: URL): boolean {
  const host = withoutBrackets(hostname);
  const [, named = entry, ofPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (ofPort !== undefined && ofPort !== (port || DEFAULT_PORTS[protocol])) return false;
  const domain = withoutBrackets(named.toLowerCase())
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  if (domain === '') return false;
  return domain === '*' || host === domain || host.endsWith(`.${domain}`) || isInRange(host, domain);
}

/** `10.0.0.0/8`, as proxies of clusters list them; for hosts that are addresses only. */
function isInRange(host: string, range: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const version = isIP(host);
  if (version === 0 || isIP(network) !== version || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (version === 4 ? 32 : 128)) return false;
  const type = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}

/** What is meant by an entry with quotation marks, a scheme, a user or a path. */
function readLoosely(entry: string): string {
  return entry
    .replace(/["'`“”‘’]/g, '')
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^[^@/]*@/, '')
    .replace(/[/?#].*$/, '')
    .toLowerCase();
}

function matchesAsPattern(entry: string, { hostname }: URL): boolean {
  const loose = readLoosely(entry);
  if (!loose.includes('*')) return false;
  // Linear: every * becomes one lazy run, and there are a few of them at most.
  const parts = loose.replace(/:\d+$/, '').split('*').slice(0, 5);
  const pattern = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join('.*');
  return new RegExp(`^${pattern}$`).test(withoutBrackets(hostname));
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
