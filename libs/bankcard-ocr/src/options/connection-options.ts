import { createSecureContext } from 'node:tls';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';

type ConnectionOption = 'proxy' | 'ca' | 'httpService' | 'imageTypes' | 'recognitionAppIdField';

const IMAGE_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/bmp', 'image/gif', 'image/webp'];

/** Find what is wrong with the options about the way to the vendor, and about what travels on it. */
export function faultsInConnectionOptions(
  options: Pick<BankCardOcrOptions, ConnectionOption | 'transport'>,
): { readonly option: ConnectionOption; readonly wrong: string }[] {
  const { proxy, ca, httpService, transport, imageTypes, recognitionAppIdField } = options;
  const faults: { option: ConnectionOption; wrong: string }[] = [];
  const fault = (option: ConnectionOption, wrong: string) => void faults.push({ option, wrong });
  if (proxy !== undefined && !isProxy(proxy)) {
    fault('proxy', "must be a URL like http://proxy:3128 (https works too), or 'none'");
  }
  if (ca !== undefined && !isCa(ca)) fault('ca', 'must be certificates in PEM: their text, not the name of a file');
  if (httpService !== undefined && typeof (httpService as { request?: unknown } | null)?.request !== 'function') {
    fault('httpService', 'must be an HttpService of @nestjs/axios: leave it out, unless you need your own');
  } else if (httpService !== undefined && transport === 'undici') {
    fault('httpService', "cannot be used with transport 'undici': leave one of the two out");
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
  return typeof text === 'string' && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isCa(value: unknown): boolean {
  const parts: unknown[] = [value].flat();
  const allPem = parts.every((part) => {
    return (typeof part === 'string' || Buffer.isBuffer(part)) && part.includes('-----BEGIN CERTIFICATE-----');
  });
  if (!allPem || parts.length === 0) return false;
  try {
    createSecureContext({ ca: parts as (string | Buffer)[] });
    return true;
  } catch {
    return false;
  }
}
