import type { EvidenceStore } from '../../archive/evidence-store.js';
import { DirectoryEvidenceStore } from '../../archive/directory-evidence.store.js';
import { FileKeyStore } from '../../archive/key-store.js';
import type { BucketAddress } from '../../archive-s3/open-bucket.js';
import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { OPTION_VARIABLES } from '../../options/option-table.js';
import { ARCHIVE_VARIABLES, withName } from '../../options/options-from-env.js';
import { isPackageMissing } from '../../runtime/missing-package.js';
import { refusal } from '../arguments.js';
import { readTextFile } from '../configuration.js';

/** Where an archive is, as flags and variables say it. */
export interface ArchivePlace {
  readonly store?: string | undefined;
  readonly keys?: string | undefined;
  readonly timestampCa?: string | undefined;
  readonly queue?: string | undefined;
}

/** The stores of an archive. */
export interface ArchiveStores {
  readonly appId: string;
  readonly store: EvidenceStore;
  readonly keys: FileKeyStore;
  /** The directories; undefined for a bucket. */
  readonly directory: string | undefined;
  readonly keysDirectory: string;
  /** The directory of the queue. */
  readonly queueDirectory: string | undefined;
  /** Certificates in PEM. */
  readonly timestampCa: string | undefined;
  close(): void;
}

/** Whether an archive is configured in the environment. */
export function hasArchive(name: string | undefined): boolean {
  return valueOf('store', name) !== undefined;
}

/**
 * Make the stores that flags and variables name, without touching them.
 * @param name of the registration, whose variables begin with it
 * @throws `InputRefused` in words that have no value of a variable
 */
export async function archiveStores(
  place: ArchivePlace,
  name: string | undefined,
  onWarning: (warning: string) => void,
): Promise<ArchiveStores> {
  const appIdVariable = withName(OPTION_VARIABLES.appId, name);
  const appId = process.env[appIdVariable]?.trim();
  const given = place.store ?? valueOf('store', name);
  const keysGiven = place.keys ?? valueOf('keys', name);
  const wrapping = valueOf('wrappingKeys', name);
  const missing = [
    ...(appId ? [] : [appIdVariable]),
    ...(given === undefined ? [`--store / ${nameOf('store', name)}`] : []),
    ...(keysGiven === undefined ? [`--keys / ${nameOf('keys', name)}`] : []),
    ...(wrapping === undefined ? [nameOf('wrappingKeys', name)] : []),
  ];
  if (!appId || given === undefined || keysGiven === undefined || wrapping === undefined) {
    throw refusal(
      `the archive is not configured: set ${missing.join(', ')}`,
      `尚未配置存证档案：请设置 ${missing.join('、')}`,
    );
  }
  const keysDirectory = directoryOf(keysGiven);
  if (keysDirectory === undefined) {
    throw refusal('the keys must be file:DIRECTORY', '密钥必须写成 file:目录');
  }
  const directory = directoryOf(given);
  const keys = keyStore(keysDirectory, wrapping, nameOf('wrappingKeys', name));
  const caFile = place.timestampCa ?? valueOf('timestampCa', name);
  const timestampCa = caFile === undefined ? undefined : await readTextFile('--timestamp-ca', caFile);
  const queueGiven = place.queue ?? valueOf('queue', name);
  const queueDirectory = queueGiven === undefined ? undefined : directoryOf(queueGiven);
  if (queueGiven !== undefined && queueDirectory === undefined) {
    throw refusal('the queue must be file:DIRECTORY', '队列必须写成 file:目录');
  }
  const stores = { appId, keys, directory, keysDirectory, queueDirectory, timestampCa };
  if (directory !== undefined)
    return { ...stores, store: new DirectoryEvidenceStore(directory), close: () => undefined };
  return { ...stores, ...(await bucket({ ...bucketOf(given), onWarning })) };
}

/** `file:/var/lib/evidence` → `/var/lib/evidence` */
function directoryOf(given: string): string | undefined {
  return given.startsWith('file:') && given.length > 'file:'.length ? given.slice('file:'.length) : undefined;
}

/** `s3://bucket/prefix?endpoint=https://…&region=…&pathStyle=true&writeOnce=lease-only` */
function bucketOf(given: string): BucketAddress {
  const wrong = refusal(
    'the store must be file:DIRECTORY or s3://BUCKET/PREFIX?endpoint=URL&region=REGION&pathStyle=true&writeOnce=WAY; credentials come from the variables of the AWS SDK',
    '存储必须写成 file:目录，或 s3://存储桶/前缀?endpoint=地址&region=地域&pathStyle=true&writeOnce=方式；凭证取自 AWS SDK 的环境变量',
  );
  // A name of a bucket is no name of a host: Tencent's has capital letters or underscores nowhere, but others may.
  const [, name = '', path = '', query = ''] = /^s3:\/\/([^/?#@]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(given) ?? [];
  const { endpoint, region, pathStyle, writeOnce, ...others } = Object.fromEntries(new URLSearchParams(query));
  const ways = ['probe', 'if-none-match', 'cos-forbid-overwrite', 'lease-only'] as const;
  const way = writeOnce === undefined ? undefined : ways.find((one) => one === writeOnce);
  const isWrong =
    name === '' ||
    Object.keys(others).length > 0 ||
    (endpoint !== undefined && !/^https?:\/\/[^@]+$/.test(endpoint)) ||
    (pathStyle !== undefined && !['true', 'false'].includes(pathStyle)) ||
    (writeOnce !== undefined && way === undefined);
  if (isWrong) throw wrong;
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`;
  return { bucket: name, prefix, endpoint, region, forcePathStyle: pathStyle === 'true', writeOnce: way };
}

async function bucket(address: BucketAddress): Promise<{ readonly store: EvidenceStore; close(): void }> {
  try {
    const { openBucket } = await import('../../archive-s3/open-bucket.js');
    return openBucket(address);
  } catch (error) {
    if (!isPackageMissing(error, /@aws-sdk\/client-s3/)) throw error;
    throw refusal(
      'a bucket needs the package @aws-sdk/client-s3: npm install @aws-sdk/client-s3',
      '使用存储桶需要安装 @aws-sdk/client-s3：npm install @aws-sdk/client-s3',
    );
  }
}

/** `k2026=BASE64,k2027=BASE64`: by the names that the application uses. */
function keyStore(directory: string, text: string, variable: string): FileKeyStore {
  const wrappingKeys = Object.fromEntries(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()] as const;
    }),
  );
  const current = Object.keys(wrappingKeys).at(-1);
  const areNamed = Object.keys(wrappingKeys).every((key) => /^[\w-]{1,64}$/.test(key));
  try {
    if (areNamed) return new FileKeyStore({ directory, wrappingKeys, current });
  } catch (error) {
    if (!isBankCardOcrError(error)) throw error;
  }
  throw refusal(
    `${variable} must be NAME=KEY, by the names that the application uses, several separated by commas; a key is 32 bytes in Base64`,
    `${variable} 必须写成 名称=密钥，名称与应用中一致，多个以逗号分隔；密钥为 32 字节的 Base64`,
  );
}

function valueOf(variable: keyof typeof ARCHIVE_VARIABLES, name: string | undefined): string | undefined {
  const text = process.env[nameOf(variable, name)]?.trim();
  return text === '' ? undefined : text;
}

function nameOf(variable: keyof typeof ARCHIVE_VARIABLES, name: string | undefined): string {
  return withName(ARCHIVE_VARIABLES[variable], name);
}
