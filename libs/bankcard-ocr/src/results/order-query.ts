import { Deadline } from '../call/deadline.js';
import { checkOrderNumber } from '../call/order-number.js';
import { poll } from '../call/poll.js';
import { limitsOf } from '../call/query-limits.js';
import { isOfPolicy, retry, type RetryLimits } from '../call/retry.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardPhotos } from '../card/card-photo.js';
import type { Credentials } from '../credentials/credentials.js';
import type { TicketService } from '../credentials/ticket.service.js';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { VendorCodeOverrides } from '../errors/vendor-codes.js';
import type { QueryLimits, WarningPolicy } from '../options/bankcard-ocr.options.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { OrderReferences } from '../signature/order-references.js';
import type { SignatureService } from '../signature/signature.service.js';
import type { Telemetry } from '../telemetry/instrumentation.js';
import type { ResultClient, SignedAttempt, SignedQuery } from '../vendor/result.client.js';
import { addRetention, checkRecognizedAt, goneFor, type RetentionFacts } from './retention.js';
import { applyWarningPolicy, warningPolicyOf } from './warning-policy.js';

export interface OrderQueryOptions extends QueryLimits {
  /** What to do about Tencent's warnings. @default the module's */
  readonly warningPolicy?: WarningPolicy | undefined;
  /** When the card was recognized, if you know it; distinguishes a result that is late from one Tencent has deleted. */
  readonly recognizedAt?: Date | undefined;
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How one query differs from the module's options. */
export interface QueryOptions extends OrderQueryOptions {
  /** Request the photos too (`get_file=1`): a response of megabytes. @default false */
  readonly photos?: boolean | undefined;
}

export interface OcrResultServiceOptions {
  readonly appId: string;
  readonly protocolVersion: string;
  readonly limits: Required<QueryLimits>;
  readonly warningPolicy: WarningPolicy;
  readonly assumedVendorRetentionMs: number;
  readonly vendorCodeOverrides: VendorCodeOverrides;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  readonly results: ResultClient;
  readonly telemetry?: Telemetry | undefined;
  readonly clock: Clock;
  readonly random?: Random;
  /** @default none: an order has no reference */
  readonly orderReferences?: OrderReferences | undefined;
}

type Attempt<T> = (request: SignedAttempt) => Promise<T>;
type WithPhotoStatus = { readonly photos: Pick<CardPhotos, 'status'> };

export class OrderQuery {
  readonly #limits: Required<QueryLimits>;
  readonly #policy: WarningPolicy;
  #accepted = '';

  constructor(
    private readonly service: OcrResultServiceOptions,
    private readonly orderNo: string,
    private readonly options: OrderQueryOptions,
    private readonly onFailure?: (failure: BankCardOcrError) => void,
  ) {
    checkOrderNumber(orderNo);
    this.#limits = limitsOf(options, service.limits);
    this.#policy = warningPolicyOf(options.warningPolicy, service.warningPolicy);
    checkRecognizedAt(options.recognizedAt);
  }

  /** A photo query that fails does not lose the card. @param attempt applies {@link accept} before it keeps anything */
  async run<T extends WithPhotoStatus>(attempt: Attempt<T>): Promise<T> {
    const deadline = new Deadline(this.service.clock, this.#limits.timeoutMs, this.options.signal);
    try {
      let result: T;
      try {
        result = await this.#send(attempt, deadline);
      } catch (error) {
        result = await this.#pollForResult(error, attempt, deadline);
      }
      return result.photos.status === 'pending' ? await this.#pollForPhotos(result, attempt, deadline) : result;
    } finally {
      deadline.close();
    }
  }

  accept(result: BankCardOcrResult, nowMs: number): BankCardOcrResult {
    const warnings = result.warnings.length === 0 ? '' : result.warnings.map(({ code }) => code).join();
    // The policy sees a card once: a late response with the same warnings is the same card.
    if (warnings !== this.#accepted) applyWarningPolicy(result, this.#policy);
    this.#accepted = warnings;
    return addRetention(result, this.#retentionFacts(nowMs));
  }

  async #pollForPhotos<T extends WithPhotoStatus>(first: T, attempt: Attempt<T>, deadline: Deadline): Promise<T> {
    let result = first;
    await poll(
      async (window) => {
        try {
          result = await this.#send(attempt, window);
        } catch (error) {
          if (isFinal(error)) throw error;
          return undefined;
        }
        return result.photos.status === 'pending' ? undefined : result;
      },
      { clock: this.service.clock, deadline, waitMs: this.#limits.waitForPhotosMs },
    );
    return result;
  }

  async #pollForResult<T>(failure: unknown, attempt: Attempt<T>, deadline: Deadline): Promise<T> {
    if (!isNotFound(failure)) throw failure;
    let notFound = failure;
    const gone = goneFor(notFound, this.#retentionFacts(this.service.clock.now()));
    if (gone) throw gone;
    const late = await poll(
      async (window) => {
        try {
          return await this.#send(attempt, window, 1);
        } catch (error) {
          if (isNotFound(error)) notFound = error;
          else if (!isBankCardOcrError(error) || !error.retryable) throw error;
          return undefined;
        }
      },
      { clock: this.service.clock, deadline, waitMs: this.#limits.waitForResultMs },
    );
    if (late === undefined) throw notFound;
    return late;
  }

  #send<T>(attempt: Attempt<T>, deadline: Deadline, maxAttempts = this.#limits.maxAttempts): Promise<T> {
    const { service, orderNo, onFailure } = this;
    const timeoutMs = this.#limits.attemptTimeoutMs;
    return retrySigned(service, { orderNo, timeoutMs, deadline, maxAttempts, onFailure }, attempt);
  }

  #retentionFacts(nowMs: number): RetentionFacts {
    const { assumedVendorRetentionMs } = this.service;
    return { assumedVendorRetentionMs, nowMs, recognizedAt: this.options.recognizedAt };
  }
}

export function retrySigned<T>(
  service: Omit<OcrResultServiceOptions, 'results'>,
  call: RetryLimits & { readonly orderNo: string; readonly timeoutMs: number },
  attempt: Attempt<T>,
): Promise<T> {
  const { orderNo, timeoutMs, deadline: cancellation } = call;
  return retry(
    (credentials, number) => {
      const signed = signedQuery(service, orderNo, credentials);
      return attempt({ signed, generation: credentials.generation, timeoutMs, cancellation, attempt: number });
    },
    service,
    call,
  );
}

/** Sign a query: a fresh nonce, and the five values (protocol.md section 4). */
export function signedQuery(
  {
    appId,
    protocolVersion: version,
    signatures,
  }: Pick<OcrResultServiceOptions, 'appId' | 'protocolVersion' | 'signatures'>,
  orderNo: string,
  { signTicket }: Credentials,
): SignedQuery {
  const nonce = signatures.createNonce();
  const sign = signatures.sign([appId, orderNo, version, nonce], signTicket.reveal());
  return { appId, orderNo, version, nonce, sign };
}

/** Neither Tencent nor the network: the policy rejects the late card or fails, or a sink has failed. */
function isFinal(error: unknown): boolean {
  return !isBankCardOcrError(error) || isOfPolicy(error);
}

function isNotFound(error: unknown): error is BankCardOcrError {
  return isBankCardOcrError(error) && error.code === 'ORDER_NOT_FOUND';
}
