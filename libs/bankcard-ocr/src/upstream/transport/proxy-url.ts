import { Problem } from '../../errors/problem.js';
import { saysNoValue, unusableText } from '../../errors/unusable-text.js';

const RIGHT = new Problem(
  'write http://proxy:3128 or http://user:password@proxy:3128, and # / ? \\ @ % in a user name or a password as ' +
    '%23 %2F %3F %5C %40 %25',
  '请写成 http://proxy:3128 或 http://用户:密码@proxy:3128；用户名或密码里的 # / ? \\ @ % 写成 %23 %2F %3F %5C %40 %25',
);
/** As other programs take it: a host, perhaps with a user and a port. */
const WITHOUT_SCHEME = /^([^\s\\/?#]*@)?(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?\/?$/i;
/** Named in the message, because they are no secret. */
const OTHER_SCHEMES = /^(socks|socks4|socks4a|socks5|socks5h|ftp|ws|wss|quic|pac|file)$/i;
const MEANT_AS_NONE = /^(no|off|direct|0)$/i;

/**
 * Read the address of an HTTP proxy, as an option or a variable of the environment has it. What the URL parser would
 * make another host of, because a character of the password was not encoded, is refused: the requests would go
 * elsewhere.
 *
 * @returns the URL, or what is wrong; the text, which may hold a password, is not repeated
 */
export function readProxyUrl(given: unknown): URL | Problem {
  if (typeof given !== 'string') return wrong('is not a text', '不是文本');
  const text = given.trim();
  const unusable = unusableText(text);
  if (unusable) return unusable;
  if (saysNoValue(text) || MEANT_AS_NONE.test(text)) return wrong('names no proxy', '没有写代理地址');
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    const named = OTHER_SCHEMES.test(scheme) ? ` (${scheme.toLowerCase()})` : '';
    return wrong(
      `is no HTTP proxy${named}, and other kinds are not supported`,
      `不是 HTTP 代理${named}，不支持其他种类`,
    );
  }
  if (scheme === undefined && !WITHOUT_SCHEME.test(text)) return wrong('is not a URL', '不是 URL');
  const full = scheme === undefined ? `http://${text}` : text;
  if (/[\\\t\r\n]/.test(text) || !URL.canParse(full)) return wrong('is not a URL', '不是 URL');
  const url = new URL(full);
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return wrong(
      'has something behind the host, or a # / ? \\ that is not encoded',
      '主机之后还有内容，或有未转义的 # / ? \\',
    );
  }
  return url;
}

function wrong(en: string, zh: string): Problem {
  return new Problem(`${en}: ${RIGHT.en}`, `${zh}：${RIGHT.zh}`);
}
