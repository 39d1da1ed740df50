/** The part of a base URL that requests are built from. */
export interface BaseUrl {
  /** e.g. `https://idasc.webank.com` */
  readonly origin: string;
  /** e.g. `idasc.webank.com`; shown in logs. */
  readonly host: string;
  /** The path prefix without a slash at its end; empty for none. */
  readonly prefix: string;
  readonly loopback: boolean;
}

/**
 * Read a base URL.
 *
 * @returns the URL's parts, or a sentence that says what is wrong and how to mend it
 */
export function readBaseUrl(text: unknown, allowInsecureHttp: boolean): BaseUrl | string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'is not a URL: write it like https://idasc.webank.com';
  }
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or a password: remove them';
  if (url.search !== '' || url.hash !== '') return 'must not carry a query or a fragment: remove what follows ? or #';
  if (url.pathname.replace(/\/+$/, '').includes('//'))
    return 'must not have two slashes in a row in its path: remove one';
  const loopback = isLoopback(url.hostname);
  if (url.protocol === 'http:' && !loopback && !allowInsecureHttp) {
    return (
      `uses plain http to ${url.host}: secrets and card numbers would travel in clear. Use https, or say ` +
      'allowInsecureHttp: true if that network is yours'
    );
  }
  return { origin: url.origin, host: url.host, prefix: url.pathname.replace(/\/+$/, ''), loopback };
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    // The URL parser has turned every spelling of an IPv4 address into four decimal numbers.
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
