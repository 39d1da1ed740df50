import { X509Certificate } from 'node:crypto';
import { hasWayOfItsOwn } from '../upstream/transport/has-way-of-its-own.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';

type ConnectionOption = 'proxy' | 'ca' | 'httpService' | 'imageTypes' | 'recognitionAppIdField';

const IMAGE_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/bmp', 'image/gif', 'image/webp'];

const PROXY_RULE =
  "must be a URL like http://proxy:3128 (https works too), or 'none'; write % @ : / in a user name or a password as " +
  '%25 %40 %3A %2F';

/** Find what is wrong with the options about the way to the vendor, and about what travels on it. */
export function faultsInConnectionOptions(
  options: Pick<BankCardOcrOptions, ConnectionOption | 'transport'>,
): { readonly option: ConnectionOption; readonly wrong: string }[] {
  const { proxy, ca, httpService, transport, imageTypes, recognitionAppIdField } = options;
  const faults: { option: ConnectionOption; wrong: string }[] = [];
  const fault = (option: ConnectionOption, wrong: string) => void faults.push({ option, wrong });
  if (proxy !== undefined && !isProxy(proxy)) {
    fault('proxy', PROXY_RULE);
  }
  if (ca !== undefined && !isCa(ca)) fault('ca', 'must be certificates in PEM: their text, not the name of a file');
  if (httpService !== undefined && typeof (httpService as { request?: unknown } | null)?.request !== 'function') {
    fault('httpService', 'must be an HttpService of @nestjs/axios: leave it out, unless you need your own');
  } else if (httpService !== undefined && transport === 'undici') {
    fault('httpService', "cannot be used with transport 'undici': leave one of the two out");
  } else if (httpService !== undefined && hasWayOfItsOwn(httpService)) {
    for (const option of ['proxy', 'ca'] as const) {
      if (options[option] !== undefined) fault(option, 'cannot be used with an httpService that has agents or a proxy');
    }
  }
  if (
    !Array.isArray(imageTypes) ||
    imageTypes.length === 0 ||
    !imageTypes.every((type) => IMAGE_TYPES.includes(type))
  ) {
    fault('imageTypes', `must be a list of some of ${IMAGE_TYPES.join(', ')}`);
  }
  if (recognitionAppIdField !== undefined && !['appId', 'webankAppId'].includes(recognitionAppIdField)) {
    fault('recognitionAppIdField', "must be 'appId' or 'webankAppId'");
  }
  return faults;
}

/** Its text is not repeated in any message: it carries a password as a rule. */
function isProxy(text: unknown): boolean {
  if (text === 'none') return true;
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password].every(canBeDecoded);
}

function canBeDecoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
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
