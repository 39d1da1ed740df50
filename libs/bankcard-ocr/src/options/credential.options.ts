import { createSecretKey, type KeyObject } from 'node:crypto';
import type { TicketRole } from '../credentials/refresh-plan.js';
import type { TicketStore } from '../credentials/store/ticket-store.js';
import { Problem } from '../errors/configuration-error.js';
import { unusableText } from '../errors/unusable-text.js';
import type { SecretText } from '../runtime/secret-text.js';

/** Where credentials are kept, and when they are refreshed. */
export interface CredentialOptions {
  /**
   * Where credentials are kept, so that a restart costs no refresh and processes do not kill each other's tickets:
   * `memory:` (this process only), `file:/directory` (all processes of one machine), `redis://host:6379/0` or
   * `rediss://…` (any number of machines), or a {@link TicketStore} of your own, e.g. a `RedisTicketStore` with your
   * client, which you close yourself.
   *
   * 凭证存放在哪里，重启就不必刷新，进程之间也不会互相作废 ticket：`memory:`（仅本进程）、`file:/目录`（同一台机器的所有进程）、
   * `redis://host:6379/0` 或 `rediss://…`（任意多台机器），或者你自己的 {@link TicketStore}，例如用自有客户端的 `RedisTicketStore`，由你自己关闭。
   * @default `memory:` for a loopback host; must be named for any other
   * @defaultZh 本机地址为 `memory:`，其他地址必填
   * @env BANKCARD_OCR_TICKET_STORE
   */
  readonly ticketStore?: string | SecretText | TicketStore | undefined;
  /**
   * Encrypts stored credentials with AES-256-GCM: 32 bytes as 64 hexadecimal digits or in Base64, the same for all
   * processes. What another key has encrypted is dropped and fetched anew.
   *
   * 用 AES-256-GCM 加密存放的凭证：32 字节，写成 64 位十六进制或 Base64，所有进程必须相同。用别的密钥加密的内容会被丢弃并重新获取。
   * @default none: the store holds them in clear
   * @defaultZh 无，明文存放
   * @env BANKCARD_OCR_STORE_ENCRYPTION_KEY
   */
  readonly storeEncryptionKey?: string | SecretText | undefined;
  /**
   * `reader`: this process never asks the vendor for credentials, but uses what a `refresher` puts into the same store.
   *
   * `reader` 从不自己获取凭证，只用 `refresher` 写进同一处存储的凭证。
   * @default 'refresher'
   * @env BANKCARD_OCR_ROLE
   */
  readonly role?: TicketRole | undefined;
  /**
   * Milliseconds from one refresh to the next. The vendor advises 20 minutes.
   *
   * 刷新间隔。服务商建议 20 分钟。
   * @default 1200000
   * @env BANKCARD_OCR_REFRESH_INTERVAL_MS
   */
  readonly refreshIntervalMs?: number | undefined;
  /**
   * Milliseconds that the previous token and ticket go on working after a refresh: the vendor's rule, shorter in
   * sandboxes only. How often a shared store is read, how long a lease lasts and how far forced refreshes stand apart
   * derive from it.
   *
   * 刷新后旧的 token 和 ticket 还能用多久：这是服务商的规则，只有沙箱才会更短。读共享存储的频率、租约时长、强制刷新的间隔都由它推算。
   * @default 60000
   * @env BANKCARD_OCR_TICKET_OVERLAP_MS
   */
  readonly ticketOverlapMs?: number | undefined;
  /**
   * Milliseconds that the SIGN ticket of a replaced generation is kept to verify what phones report late; nothing is
   * signed with it.
   *
   * 被替换的 SIGN ticket 还保留多久，用来校验手机晚到的回传；不会再用它签名。
   * @default one refresh interval, and in any case as long as the ticket would have lived
   * @defaultZh 一个刷新间隔，且不短于该 ticket 原本的寿命
   */
  readonly verifyWindowMs?: number | undefined;
  /**
   * Refresh by a timer, also while nobody queries. Switch it off in scripts.
   *
   * 定时刷新，没有查询时也刷新。一次性脚本里关掉它。
   * @default true
   */
  readonly backgroundRefresh?: boolean | undefined;
}

/** The vendor's secrets have this many characters (protocol.md section 2). */
const SECRET_LENGTH = 64;
const LETTERS_AND_DIGITS = /^[A-Za-z0-9]*$/;
/** What documents and templates write where an app id belongs. */
const APP_ID_TO_FILL_IN =
  /^(your|my|the|change|replace|enter|insert|put|todo|fixme|placeholder|example)|^(wb)?app[-_ ]?id$/i;

/**
 * Find what is odd about an app id and a secret that may be right all the same: the vendor documents their length, and
 * promises nothing. Nothing of the secret is repeated but its length.
 */
export function oddCredentials(appId: string, secret: string): { option: 'appId' | 'secret'; problem: Problem }[] {
  if (appId.length === SECRET_LENGTH && secret.length < SECRET_LENGTH) {
    const problem = new Problem(
      'is as long as a secret, and the secret is not: are the two swapped?',
      '长度和密钥一样，而密钥却不是这个长度：两者是否写反了？',
    );
    return [{ option: 'appId', problem }];
  }
  const odd: { option: 'appId' | 'secret'; problem: Problem }[] = [];
  if (APP_ID_TO_FILL_IN.test(appId)) {
    const problem = new Problem(
      'looks like a placeholder: set the app id (WBappid) that Tencent assigned',
      '像是占位文字：请填入腾讯云分配的 WBappid',
    );
    odd.push({ option: 'appId', problem });
  }
  const problem = oddSecret(secret);
  if (problem) odd.push({ option: 'secret', problem });
  return odd;
}

function oddSecret(secret: string): Problem | undefined {
  if (secret.length === SECRET_LENGTH && LETTERS_AND_DIGITS.test(secret)) return undefined;
  const decoded = Buffer.from(secret, 'base64').toString('latin1').trim();
  if (decoded.length === SECRET_LENGTH && LETTERS_AND_DIGITS.test(decoded)) {
    return new Problem(
      'looks like a secret in Base64, as Kubernetes stores it: set the decoded text',
      '像是 Base64 编码后的密钥（Kubernetes 的存放方式）：请填入解码后的文本',
    );
  }
  if (secret.length !== SECRET_LENGTH) {
    return new Problem(
      `has ${secret.length} characters, and Tencent's secrets have ${SECRET_LENGTH}: is something missing or added?`,
      `有 ${secret.length} 个字符，而腾讯云的密钥是 ${SECRET_LENGTH} 位：是否缺了或多了内容？`,
    );
  }
  return new Problem(
    "has other characters than letters and digits, which Tencent's secrets consist of: is it complete?",
    '含有字母和数字以外的字符，而腾讯云的密钥只有字母和数字：是否完整？',
  );
}

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/**
 * Read the text of the option `storeEncryptionKey`.
 *
 * @returns a key that cannot be printed, or what is wrong
 */
export function readStoreEncryptionKey(text: unknown): KeyObject | Problem {
  const value = typeof text === 'string' ? text.trim() : '';
  const bytes = HEX.test(value)
    ? Buffer.from(value, 'hex')
    : BASE64.test(value)
      ? Buffer.from(value, 'base64')
      : undefined;
  if (bytes?.length === KEY_BYTES) return createSecretKey(bytes);
  return (
    unusableText(value) ??
    new Problem(
      'must be 32 random bytes, as 64 hexadecimal digits or in Base64: make one with `openssl rand -base64 32`',
      '必须是 32 个随机字节，写成 64 位十六进制或 Base64：可用 `openssl rand -base64 32` 生成',
    )
  );
}

/** Whether a key is one byte 32 times, as only a placeholder is. */
export function isOneByteRepeated(key: KeyObject): boolean {
  return new Set(key.export()).size === 1;
}
