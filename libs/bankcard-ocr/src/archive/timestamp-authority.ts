import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { codeOrNameOf } from '../errors/redaction.js';
import { numeric, readNumbers } from '../options/option-values.js';
import { backoffMs } from '../runtime/random.js';
import { readTimestamp, timestampRequest, TimestampRefused } from './timestamp-token.js';

/**
 * A third party that confirms when a digest existed (RFC 3161). The archive checks and stores what it returns: a wrong token
 * does no harm, and an authority that is down only delays timestamps.
 */
export abstract class TimestampAuthority {
  /**
   * Have a digest stamped.
   * @param digest SHA-256, 32 bytes
   * @returns the response of RFC 3161 (`TimeStampResp`, DER) with the certificate of the authority in it
   */
  abstract stamp(digest: Buffer): Promise<Buffer>;
}

/** How an {@link HttpTimestampAuthority} is asked. */
export interface HttpTimestampAuthorityOptions {
  /** `https://…` or `http://…`: a timestamp is signed, and the digest says nothing. */
  readonly url: string;
  /** The policy to ask for, dotted, e.g. `1.2.3.4.1`. @default the authority's own */
  readonly policy?: string | undefined;
  /** More headers, e.g. `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds that one attempt may take. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** How often it is asked, 1 to 10, with growing pauses in between; a refusal is final. @default 3 */
  readonly maxAttempts?: number | undefined;
  /** Bytes that a response may have. @default 65_536 */
  readonly maxResponseBytes?: number | undefined;
  /** Sends the request, e.g. through a proxy. @default the `fetch` of Node.js */
  readonly fetch?: typeof fetch | undefined;
}

const NUMBERS = {
  timeoutMs: { default: 10_000, ...numeric('milliseconds') },
  maxAttempts: { default: 3, ...numeric('whole number', false, 10) },
  maxResponseBytes: { default: 65_536, ...numeric('whole number') },
};
const NONCE_BYTES = 16;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * An authority that is asked by HTTP (RFC 3161 section 3.4).
 *
 * @example
 * new HttpTimestampAuthority({ url: 'https://tsa.example.com/tsr' });
 */
export class HttpTimestampAuthority extends TimestampAuthority {
  readonly #url: string;
  readonly #options: HttpTimestampAuthorityOptions;
  readonly #numbers: Readonly<Record<keyof typeof NUMBERS, number>>;

  /** @throws `BankCardOcrConfigurationError` */
  constructor(options: HttpTimestampAuthorityOptions) {
    super();
    const { policy } = options;
    this.#numbers = readNumbers(options, NUMBERS);
    const isUrl = URL.canParse(options.url) && /^https?:$/.test(new URL(options.url).protocol);
    const issues = [
      !isUrl && configurationIssue('url', new Problem('must be an http or https URL', '必须是 http 或 https 地址')),
      policy !== undefined &&
        !/^[0-2](?:\.(?:0|[1-9]\d{0,8})){1,20}$/.test(policy) &&
        configurationIssue('policy', new Problem('must be an OID such as 1.2.3.4.1', '必须是 OID，例如 1.2.3.4.1')),
    ].filter((issue) => issue !== false);
    if (issues.length > 0) throw new BankCardOcrConfigurationError(issues);
    this.#url = options.url;
    this.#options = options;
  }

  /** @throws `BankCardOcrError` `TIMESTAMP_FAILED`, which has no URL in it: it may have a password */
  async stamp(digest: Buffer): Promise<Buffer> {
    const { maxAttempts } = this.#numbers;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(digest);
      } catch (error) {
        const failure = failureOf(error);
        if (!failure.retryable || attempt >= maxAttempts) throw failure;
        await sleep(backoffMs(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS));
      }
    }
  }

  async #attempt(digest: Buffer): Promise<Buffer> {
    const { policy, headers, fetch: send = fetch } = this.#options;
    const nonce = randomBytes(NONCE_BYTES);
    // Neither a leading zero, which DER would drop, nor a sign.
    nonce[0] = (nonce[0]! & 0x7f) | 0x40;
    const response = await send(this.#url, {
      method: 'POST',
      body: timestampRequest(digest, nonce, policy),
      headers: { ...headers, 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      signal: AbortSignal.timeout(this.#numbers.timeoutMs),
      redirect: 'error',
    });
    const bytes = await this.#bodyOf(response);
    if (!response.ok) throw failed(`HTTP ${response.status}`, isWorthRetrying(response.status));
    const timestamp = readTimestamp(bytes, digest);
    // Else it could be a recorded response to an earlier request.
    if (timestamp.nonce !== nonce.toString('hex')) throw failed('another nonce');
    if (policy !== undefined && timestamp.policy !== policy) throw failed('another policy');
    return bytes;
  }

  async #bodyOf({ body }: Response): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    // To leave the loop ends the connection.
    for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > this.#numbers.maxResponseBytes) throw failed('the response is larger than maxResponseBytes');
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }
}

function isWorthRetrying(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

function failed(what: string, retryable = true): BankCardOcrError {
  return new BankCardOcrError('TIMESTAMP_FAILED', {
    message: `the timestamp authority failed (${what}): the day is stamped later`,
    messageZh: `时间戳机构请求失败（${what}）：该日稍后补盖时间戳`,
    retryable,
  });
}

function failureOf(error: unknown): BankCardOcrError {
  if (error instanceof BankCardOcrError) return error;
  if (error instanceof TimestampRefused) return failed(`the response ${error.why}`, !error.isFinal);
  const { cause } = error as { cause?: unknown };
  return failed(codeOrNameOf(cause ?? error));
}
