import { X509Certificate } from 'node:crypto';
import { Problem } from '../errors/problem.js';
import { hasWayOfItsOwn } from '../upstream/transport/has-way-of-its-own.js';
import { isNone } from '../upstream/transport/proxy.js';
import { readProxyUrl } from '../upstream/transport/proxy-url.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { canBeDecoded } from './ticket-store-location.js';

type ConnectionOption = 'proxy' | 'ca' | 'httpService' | 'imageTypes' | 'recognitionAppIdField';

const IMAGE_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/bmp', 'image/gif', 'image/webp'];

const BARE_PERCENT = new Problem(
  'has a bare % in its user name or password: write %25 for it',
  '用户名或密码里有未转义的 %：请写成 %25',
);

/** Find what is wrong with the options about the way to the vendor, and about what travels on it. */
export function faultsInConnectionOptions(
  options: Pick<BankCardOcrOptions, ConnectionOption | 'transport'>,
): { readonly option: ConnectionOption; readonly wrong: Problem }[] {
  const { proxy, ca, httpService, transport, imageTypes, recognitionAppIdField } = options;
  const faults: { option: ConnectionOption; wrong: Problem }[] = [];
  const fault = (option: ConnectionOption, en: string, zh: string) => {
    faults.push({ option, wrong: new Problem(en, zh) });
  };
  const wrongProxy = proxy === undefined ? undefined : problemOfProxy(proxy);
  if (wrongProxy) faults.push({ option: 'proxy', wrong: wrongProxy });
  if (ca !== undefined && !isCa(ca)) {
    fault(
      'ca',
      'must be certificates in PEM: their text, not the name of a file, with real line ends',
      '必须是 PEM 证书的内容，不是文件名；换行必须是真正的换行',
    );
  }
  if (httpService !== undefined && typeof (httpService as { request?: unknown } | null)?.request !== 'function') {
    fault(
      'httpService',
      'must be an HttpService of @nestjs/axios: leave it out, unless you need your own',
      '必须是 @nestjs/axios 的 HttpService：没有特殊需要就不要设置',
    );
  } else if (httpService !== undefined && transport === 'undici') {
    fault(
      'httpService',
      "cannot be used with transport 'undici': leave one of the two out",
      "不能与 transport 'undici' 同时使用：请去掉其中一个",
    );
  } else if (httpService !== undefined && hasWayOfItsOwn(httpService)) {
    for (const option of ['proxy', 'ca'] as const) {
      if (options[option] === undefined) continue;
      fault(
        option,
        'cannot be used with an httpService that has agents or a proxy',
        '不能与自带 agent 或代理的 httpService 同时使用',
      );
    }
  }
  if (
    !Array.isArray(imageTypes) ||
    imageTypes.length === 0 ||
    !imageTypes.every((type) => IMAGE_TYPES.includes(type))
  ) {
    const names = IMAGE_TYPES.join(', ');
    fault('imageTypes', `must be a list of some of ${names}`, `必须是数组，取值为 ${names} 中的若干项`);
  }
  if (recognitionAppIdField !== undefined && !['appId', 'webankAppId'].includes(recognitionAppIdField)) {
    fault('recognitionAppIdField', "must be 'appId' or 'webankAppId'", "必须是 'appId' 或 'webankAppId'");
  }
  return faults;
}

/** Its text is not repeated in any message: it carries a password as a rule. */
function problemOfProxy(given: unknown): Problem | undefined {
  if (typeof given === 'string' && isNone(given)) return undefined;
  const read = readProxyUrl(given);
  if (read instanceof Problem)
    return new Problem(`${read.en}, or 'none' for no proxy`, `${read.zh}；不走代理写 'none'`);
  return [read.username, read.password].every(canBeDecoded) ? undefined : BARE_PERCENT;
}

/** Each certificate by itself: as a list of CAs, Node ignores in silence what it cannot read. */
function isCa(value: unknown): boolean {
  const parts: unknown[] = [value].flat();
  return (
    parts.length > 0 &&
    parts.every((part) => {
      if (typeof part !== 'string' && !Buffer.isBuffer(part)) return false;
      const certificates = part.toString().match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
      return certificates.length > 0 && certificates.every(isCertificate);
    })
  );
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
