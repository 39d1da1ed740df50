type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy that the usual variables name for an origin: HTTPS_PROXY or HTTP_PROXY, else ALL_PROXY, in either case of
 * letters, lower case first; none for what NO_PROXY lists.
 *
 * @returns undefined for none, and for a value that is no URL of an HTTP proxy
 */
export function proxyOfEnvironment(origin: string, environment: Environment): URL | undefined {
  const variable = (name: string): string => {
    return environment[name.toLowerCase()] || environment[name.toUpperCase()] || '';
  };
  const url = new URL(origin);
  if (isExcepted(url, variable('no_proxy'))) return undefined;
  const named = variable(`${url.protocol.slice(0, -1)}_proxy`) || variable('all_proxy');
  const text = named === '' || named.includes('://') ? named : `http://${named}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  return proxy && /^https?:$/.test(proxy.protocol) ? proxy : undefined;
}

/** NO_PROXY: host names with everything below them, `*.` and a leading dot allowed, with or without a port; `*` for all. */
function isExcepted({ hostname, port, protocol }: URL, exceptions: string): boolean {
  const host = withoutBrackets(hostname);
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((exception) => exception !== '')
    .some((exception) => {
      const [, named = exception, ofPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(exception) ?? [];
      if (ofPort !== undefined && ofPort !== (port || DEFAULT_PORTS[protocol])) return false;
      const domain = withoutBrackets(named).replace(/^\*?\./, '');
      return domain === '*' || host === domain || host.endsWith(`.${domain}`);
    });
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
