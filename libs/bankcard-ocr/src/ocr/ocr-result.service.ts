import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { Clock } from '../clock.js';
import type { Credentials } from '../credentials/credentials.js';
import type { TicketService } from '../credentials/ticket.service.js';
import type { CodeRules } from '../errors/vendor-codes.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import type { SignatureService } from '../signature/signature.service.js';
import type { ResultClient, SignedQuery } from '../upstream/result.client.js';
import { pause } from '../waiting.js';
import { Deadline } from './deadline.js';
import { checkOrderNumber } from './order-number.js';
import { limitsOf } from './query-limits.js';
import { retry } from './retry.js';

/** The first pause before photos are asked for again; the vendor says they come about a second late. */
const LATE_PHOTOS_PAUSE_MS = 500;

/** How one query differs from the module's options. */
export interface QueryOptions extends QueryLimits {
  /** Ask for the photos too (`get_file=1`): an answer of megabytes. @default false */
  readonly photos?: boolean;
  /** Ends the query; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The parameters of a signed query by their names on the wire. */
export interface SignedQueryParameters {
  readonly app_id: string;
  readonly order_no: string;
  readonly version: string;
  readonly nonce: string;
  readonly sign: string;
}

/** What an {@link OcrResultService} works with. */
export interface OcrResultServiceOptions {
  readonly appId: string;
  readonly version: string;
  readonly limits: Required<QueryLimits>;
  readonly codeRules: CodeRules;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  readonly results: ResultClient;
  readonly clock: Clock;
}

/** Fetches what the vendor recognised on a bank card, by order number, before the vendor wipes it. */
export class OcrResultService {
  constructor(private readonly options: OcrResultServiceOptions) {}

  /**
   * Query the result of an order (getBankCardOcrResult).
   *
   * @param orderNo 1 to 32 ASCII letters and digits, as given to the phone SDK
   * @returns the recognised card; photos only when they were asked for
   * @throws {@link BankCardOcrError} with a typed `code` for every failure, or the reason of `signal`
   */
  async query(orderNo: string, options: QueryOptions = {}): Promise<BankCardOcrResult> {
    checkOrderNumber(orderNo);
    const { clock } = this.options;
    const limits = limitsOf(options, this.options.limits);
    const photos = options.photos === true;
    const deadline = new Deadline(clock, limits.timeoutMs, options.signal);
    try {
      const result = await this.#queryOnce(orderNo, photos, limits, deadline);
      if (result.photos.status !== 'pending') return result;
      return await this.#askAgainForPhotos(result, limits, deadline);
    } finally {
      deadline.close();
    }
  }

  /**
   * Sign a query for somebody else to send, at once: nonce and signature are good for one request.
   *
   * @returns the parameters by their names on the wire, in the documented spelling
   */
  async signQuery(orderNo: string): Promise<SignedQueryParameters> {
    checkOrderNumber(orderNo);
    const { appId, version, nonce, sign } = this.#sign(orderNo, await this.options.tickets.current());
    return { app_id: appId, order_no: orderNo, version, nonce, sign };
  }

  #queryOnce(
    orderNo: string,
    photos: boolean,
    { attemptTimeoutMs, maxAttempts }: Required<QueryLimits>,
    deadline: Deadline,
  ): Promise<BankCardOcrResult> {
    return retry(
      (credentials, attempt) => {
        return this.options.results.queryResult({
          query: this.#sign(orderNo, credentials),
          generation: credentials.generation,
          timeoutMs: attemptTimeoutMs,
          signal: deadline.signal,
          photos,
          attempt,
        });
      },
      this.options,
      { deadline, maxAttempts },
    );
  }

  #sign(orderNo: string, { signTicket }: Credentials): SignedQuery {
    const { appId, version, signatures } = this.options;
    const nonce = signatures.createNonce();
    return {
      appId,
      orderNo,
      version,
      nonce,
      sign: signatures.sign([appId, orderNo, version, nonce], signTicket.reveal()),
    };
  }

  /** Whatever happens while late photos are waited for, the card that was read is not lost. */
  async #askAgainForPhotos(
    first: BankCardOcrResult,
    limits: Required<QueryLimits>,
    deadline: Deadline,
  ): Promise<BankCardOcrResult> {
    const { clock } = this.options;
    const endsAt = clock.monotonic() + limits.waitForPhotosMs;
    let result = first;
    for (let pauseMs = LATE_PHOTOS_PAUSE_MS; result.photos.status === 'pending'; pauseMs *= 1.5) {
      const leftMs = Math.min(endsAt - clock.monotonic(), deadline.remainingMs);
      if (leftMs <= 0) break;
      const window = new Deadline(clock, leftMs, deadline.signal);
      try {
        await pause(clock, Math.min(pauseMs, leftMs), window.signal);
        result = await this.#queryOnce(first.orderNo, true, limits, window);
      } catch {
        deadline.throwIfCallerAborted();
        // The time is not over: the next look may succeed.
      } finally {
        window.close();
      }
    }
    return result;
  }
}
