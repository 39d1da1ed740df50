import { createSecretKey, type KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TicketStore } from '../credentials/store/ticket-store.js';
import { Problem, unusableText } from '../errors/configuration-error.js';
import { SecretText } from '../runtime/secret-text.js';
import { oneOf, type OptionsBefore, visibleText } from './option-values.js';
import type { BaseUrl } from './vendor.options.js';

/** Where credentials are kept, and when they are refreshed. */
export interface CredentialOptions {
  /**
   * Where credentials are kept, so that a restart costs no refresh and processes do not invalidate each other's tickets:
   * `memory:` (this process only), `file:/directory` (all processes of one machine), `redis://host:6379/0` or
   * `rediss://…` (any number of machines), or a {@link TicketStore} of your own, e.g. a `RedisTicketStore` with your
   * client, which you close yourself.
   * @default `memory:` for a loopback host; must be named for any other
   */
  readonly ticketStore?: string | SecretText | TicketStore | undefined;
  /**
   * Encrypts stored credentials with AES-256-GCM: 32 bytes as 64 hexadecimal digits or in Base64, the same for all
   * processes. What another key has encrypted is dropped and fetched again.
   * @default none: the store holds them in clear
   */
  readonly storeEncryptionKey?: string | SecretText | undefined;
  /**
   * `reader`: this process never requests credentials, but uses what a `refresher` puts into the same store.
   * @default 'refresher'
   */
  readonly role?: 'refresher' | 'reader' | undefined;
  /** Milliseconds from one refresh to the next. Tencent advises 20 minutes. @default 1200000 */
  readonly refreshIntervalMs?: number | undefined;
  /**
   * Milliseconds that the previous token and ticket keep working after a refresh: Tencent's rule, shorter in
   * sandboxes only. How often a shared store is read, how long a lease lasts and how far forced refreshes are apart
   * derive from it.
   * @default 60000
   */
  readonly ticketOverlapMs?: number | undefined;
  /**
   * Milliseconds that the SIGN ticket of a replaced generation is kept to verify what phones report late; nothing is
   * signed with it.
   * @default one refresh interval, and in any case as long as the ticket would have been valid
   */
  readonly verifyWindowMs?: number | undefined;
  /** Refresh by a timer, even without queries. Switch it off in scripts. @default true */
  readonly backgroundRefresh?: boolean | undefined;
}

/** The format of Tencent's secrets (protocol.md section 2). */
const SECRET = /^[A-Za-z0-9]{64}$/;
/** What documents and templates write where an app id belongs. */
const APP_ID_TO_FILL_IN =
  /^(your|my|the|change|replace|enter|insert|put|todo|fixme|placeholder|example)|^(wb)?app[-_ ]?id$/i;

/** All that are known, in documents and in logs of other clients. */
const APP_ID = /^[A-Za-z0-9]+$/;
const NO_USUAL_APP_ID = new Problem(
  'contains characters other than letters and digits, which no known app id does: was a comma, a semicolon or a comment ' +
    'copied along?',
  '含有字母和数字以外的字符，而已知的 app id 都没有：是否连同逗号、分号或注释一起复制了？',
);

/** What may be correct all the same: Tencent documents formats without guaranteeing them. */
export function warningAboutAppId(appId: string): Problem | undefined {
  if (!APP_ID_TO_FILL_IN.test(appId)) return APP_ID.test(appId) ? undefined : NO_USUAL_APP_ID;
  return new Problem(
    'looks like a placeholder: set the app id (WBappid) that Tencent assigned',
    '像是占位文字：请填入腾讯云分配的 WBappid',
  );
}

/** The same of a secret. Nothing of it is repeated but its length. */
export function warningAboutSecret(secret: string): Problem | undefined {
  if (SECRET.test(secret)) return undefined;
  return new Problem(
    `has ${secret.length} characters, and Tencent's secrets have 64 letters and digits: is something missing or added, ` +
      'is it still in Base64, as Kubernetes stores it, or swapped with the app id?',
    `有 ${secret.length} 个字符，而腾讯云的密钥是 64 位字母和数字：是否缺了或多了内容、仍是 Base64（Kubernetes 的存放方式），` +
      '或与 app id 写反了？',
  );
}

const readSecretText = visibleText(
  "is missing or has white space: set the app's secret (64 characters)",
  '缺失或含有空白字符：请填入密钥（64 位）',
);

export function readSecret(value: unknown): SecretText | Problem {
  const secret = readSecretText(value);
  return secret instanceof Problem ? secret : new SecretText(secret);
}

export const ROLE = oneOf(['refresher', 'reader']);

export function readRole(value: unknown, { ticketStore }: OptionsBefore): ReturnType<typeof ROLE.read> {
  const role = ROLE.read(value);
  if (role !== 'reader') return role;
  const store = ticketStore as ReturnType<typeof readTicketStore>;
  const isOfThisProcess =
    store instanceof TicketStore ? store.scope === 'process' : 'kind' in store && store.kind === 'memory';
  if (!isOfThisProcess) return role;
  return new Problem(
    "cannot be 'reader' with a store of this process only: name the store that the refresher writes",
    "只在本进程内的存储不能配 'reader'：请指定 refresher 写入的那处存储",
  );
}

export function readStoreEncryptionKey(text: unknown): KeyObject | Problem {
  const value = typeof text === 'string' ? text.trim() : '';
  if (/^[0-9a-f]{64}$/i.test(value)) return createSecretKey(Buffer.from(value, 'hex'));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(value)) return createSecretKey(Buffer.from(value, 'base64'));
  const wanted = new Problem(
    'must be 32 random bytes, as 64 hexadecimal digits or in Base64: make one with `openssl rand -base64 32`',
    '必须是 32 个随机字节，写成 64 位十六进制或 Base64：可用 `openssl rand -base64 32` 生成',
  );
  return unusableText(value) ?? wanted;
}

type TicketStoreLocation =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'redis'; readonly url: SecretText };

/** By default this process, for a loopback host only. */
export function readTicketStore(value: unknown, before: OptionsBefore): TicketStoreLocation | TicketStore | Problem {
  if (value instanceof TicketStore) return value;
  if (value !== undefined) return typeof value === 'string' ? readTicketStoreLocation(value) : NO_KIND;
  // Whether a broken base URL is a real host cannot be known; its own problem is reported already.
  const baseUrl = before['baseUrl'] as BaseUrl | Problem;
  return baseUrl instanceof Problem || baseUrl.loopback ? { kind: 'memory' } : NAME_A_TICKET_STORE;
}

export function readTicketStoreLocation(text: string): TicketStoreLocation | Problem {
  const value = text.trim();
  const unusable = unusableText(value);
  if (unusable) return unusable;
  if (value === 'memory:' || value === 'memory') return { kind: 'memory' };
  if (value.startsWith('file:')) {
    const directory = directoryOf(value);
    return directory === undefined ? NO_DIRECTORY : { kind: 'file', directory };
  }
  if (/^rediss?:/i.test(value)) return isRedisUrl(value) ? { kind: 'redis', url: new SecretText(value) } : NO_REDIS_URL;
  return NO_KIND;
}

const KINDS = new Problem(
  "Write 'file:./.tickets', or another directory that the user of this process may write to, when all processes run on " +
    "one machine (they share one refresh, and a restart costs none); 'redis://host:6379/0' or 'rediss://…' for several " +
    "machines; 'memory:' only if exactly one process will ever use this app id; or hand in a TicketStore",
  "所有进程都在同一台机器上时写 'file:./.tickets'，或本进程的用户可写的其他目录（共用一次刷新，重启也不必刷新）；" +
    "多台机器写 'redis://host:6379/0' 或 'rediss://…'；只有确定始终只有一个进程使用该 app id 时才写 'memory:'；也可以传入 TicketStore",
);
/** The text is not repeated: a Redis URL carries a password. */
const NO_KIND = new Problem(`is not a supported kind of store. ${KINDS.en}`, `不是已有的存储种类。${KINDS.zh}`);
export const NAME_A_TICKET_STORE = new Problem(
  'must be named for a host that is not this machine, because a second process with credentials of its own invalidates the ' +
    `first one's a minute after its refresh. ${KINDS.en}`,
  `访问的不是本机地址时必须指定：另一个进程如果自行获取凭证，前一个进程的凭证会在一分钟后作废。${KINDS.zh}`,
);
const NO_DIRECTORY = new Problem(
  'names no directory of this machine: write file:./.tickets, or another path as the file system knows it. Nothing ' +
    'replaces ~ and variables here, and control characters and quotation marks are not allowed',
  '没有指定本机的目录：请写成 file:./.tickets，或文件系统里的其他实际路径；这里不会展开 ~ 和变量，也不能有控制字符和引号',
);
const NO_REDIS_URL = new Problem(
  'is not a Redis URL: write redis://user:password@host:6379/0, or rediss:// for TLS, with a number for the database and ' +
    'without a query or a fragment; write % @ : / ? # in the user name or the password as %25 %40 %3A %2F %3F %23. For ' +
    'more hand in a RedisTicketStore',
  '不是 Redis URL：请写成 redis://用户:密码@主机:6379/0，TLS 用 rediss://，库号是数字，不带查询串和片段；' +
    '用户名或密码里的 % @ : / ? # 写成 %25 %40 %3A %2F %3F %23。需要更多设置时请传入 RedisTicketStore',
);

function directoryOf(value: string): string | undefined {
  const path = value.slice('file:'.length);
  // Only a shell replaces ~ and variables: a directory of that very name would be made.
  if (/^(\/\/\/?)?$|^~|^["'$%<]|[\u0000-\u001f\u007f]/.test(path)) return undefined;
  if (!path.startsWith('//')) return resolve(path);
  try {
    return fileURLToPath(value);
  } catch {
    return undefined;
  }
}

function isRedisUrl(value: string): boolean {
  try {
    const { hostname, pathname, username, password, search, hash } = new URL(value);
    decodeURIComponent(username + password);
    // Options of a client in the query string could switch off what keeps the fleet safe.
    return hostname !== '' && /^\/?\d{0,9}$/.test(pathname) && search === '' && hash === '';
  } catch {
    return false;
  }
}
