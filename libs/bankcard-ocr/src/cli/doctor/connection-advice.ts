import {
  CONNECT_TIMEOUT_CODE,
  PROXY_ANSWERED,
  PROXY_UNREACHABLE_CODE,
} from '../../upstream/transport/connection-fault.js';
import { type Text, text } from '../text.js';

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
export function connectionAdvice(code: string): Text {
  return ADVICE.find(([pattern]) => pattern.test(code))?.[1] ?? NO_WAY_OUT;
}
