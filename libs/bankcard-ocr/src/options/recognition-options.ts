import { Problem } from '../errors/problem.js';
import { type BaseUrl, readBaseUrl } from './base-url.js';
import type { BankCardOcrOptions, RecognitionAppIdField } from './bankcard-ocr.options.js';

/** The oldest family of hosts has a host of its own for recognition (protocol.md section 1). */
const RECOGNITION_HOSTS: ReadonlyMap<string, string> = new Map([['idasc.webank.com', 'https://ida.webank.com']]);
/** The hosts whose body calls the app id `appId` (protocol.md section 2). */
const HOSTS_WITH_APP_ID: ReadonlySet<string> = new Set(['kyc1.qcloud.com']);

/** Where an image is sent for recognition, and how the app id is called there. */
export interface RecognitionOptions {
  /** Or what is wrong. */
  readonly baseUrl: BaseUrl | Problem;
  readonly appIdField: RecognitionAppIdField;
}

/**
 * Find the host that belongs to the one that results are queried from.
 *
 * @param baseUrl of the queries; a problem when that one is wrong, which is reported elsewhere
 */
export function resolveRecognition(
  {
    recognitionBaseUrl,
    recognitionAppIdField,
    allowInsecureHttp = false,
  }: Pick<BankCardOcrOptions, 'recognitionBaseUrl' | 'recognitionAppIdField' | 'allowInsecureHttp'>,
  baseUrl: BaseUrl | Problem,
): RecognitionOptions {
  const ownHost = baseUrl instanceof Problem ? undefined : RECOGNITION_HOSTS.get(baseUrl.host);
  const named = recognitionBaseUrl ?? ownHost;
  const found = named === undefined ? baseUrl : readBaseUrl(named, allowInsecureHttp);
  const host = found instanceof Problem ? '' : found.host;
  const appIdField = recognitionAppIdField ?? (HOSTS_WITH_APP_ID.has(host) ? 'appId' : 'webankAppId');
  return { baseUrl: found, appIdField };
}
