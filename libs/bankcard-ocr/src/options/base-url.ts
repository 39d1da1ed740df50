import { Problem, unusableText } from '../errors/configuration-error.js';

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
 * @returns the URL's parts, or what is wrong
 */
export function readBaseUrl(given: unknown, allowInsecureHttp: boolean): BaseUrl | Problem {
  const text = typeof given === 'string' ? given.trim() : '';
  const unusable = unusableText(text);
  if (unusable) return unusable;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return new Problem(
      'is not a URL: write it like https://idasc.webank.com',
      '不是 URL：请写成 https://idasc.webank.com 的形式',
    );
  }
  // The parser would take a backslash for a slash, and drop tabs and line ends.
  if (/[\\\t\r\n]/.test(text)) {
    return new Problem(
      'must not have a backslash, a tab or a line end: remove it',
      '不能含有反斜杠、制表符或换行：请去掉',
    );
  }
  if (url.username !== '' || url.password !== '') {
    return new Problem('must not carry a user name or a password: remove them', '不能带用户名或密码：请去掉');
  }
  if (url.search !== '' || url.hash !== '') {
    return new Problem(
      'must not carry a query or a fragment: remove what follows ? or #',
      '不能带查询串或片段：请去掉 ? 或 # 之后的内容',
    );
  }
  if (url.pathname.replace(/\/+$/, '').includes('//')) {
    return new Problem(
      'must not have two slashes in a row in its path: remove one',
      '路径里不能有连续两个斜杠：请去掉一个',
    );
  }
  const loopback = isLoopback(url.hostname);
  if (url.protocol === 'http:' && !loopback && !allowInsecureHttp) {
    return new Problem(
      `uses plain http to ${url.host}: secrets and card numbers would travel in clear. Use https, or say ` +
        'allowInsecureHttp: true if that network is yours',
      `对 ${url.host} 使用明文 http，密钥和卡号会以明文传输：请改用 https；如果是自有网络，可设置 allowInsecureHttp: true`,
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
