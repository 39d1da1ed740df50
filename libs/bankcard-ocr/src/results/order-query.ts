import { Deadline } from '../call/deadline.js';
import { checkOrderNumber } from '../call/order-number.js';
import { poll, type Waiting } from '../call/poll.js';
import { limitsOf } from '../call/query-limits.js';
import { retry } from '../call/retry.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardPhotos } from '../card/card-photo.js';
import type { Credentials } from '../credentials/credentials.js';
import type { TicketService } from '../credentials/ticket.service.js';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { VendorCodeOverrides } from '../errors/vendor-codes.js';
import type { QueryLimits, WarningPolicy } from '../options/bankcard-ocr.options.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { SignatureService } from '../signature/signature.service.js';
import type { ResultClient, ResultRequest, SignedQuery } from '../vendor/result.client.js';
import type { OrderQueryOptions } from './query-options.js';
import { addRetention, checkRecognizedAt, goneFor, type RetentionFacts } from './retention.js';
import { applyWarningPolicy, warningPolicyOf } from './warning-policy.js';

/** What an inquiry brings; photos that are pending are waited for. */
interface OrderQueryResult {
  readonly photos: Pick<CardPhotos, 'status'>;
}

/** Sends one request and makes something of its answer; {@link OrderQuery.judge} has to see it. */
type OrderQueryAttempt<A> = (request: ResultRequest) => Promise<A>;

/** One call about one order: its limits, its policy, and the time that it has for everything. */
export class OrderQuery {
  readonly #limits: Required<QueryLimits>;
  readonly #policy: WarningPolicy;
  /** The codes of the warnings that the policy has accepted. */
  #accepted = '';

  /** @throws {@link BankCardOcrError} `INVALID_ARGUMENT` */
  constructor(
    private readonly service: OcrResultServiceOptions,
    private readonly orderNo: string,
    private readonly options: OrderQueryOptions,
    /** Is told of every failed attempt. */
    private readonly onFailure?: (failure: BankCardOcrError) => void,
  ) {
    checkOrderNumber(orderNo);
    this.#limits = limitsOf(options, service.limits);
    this.#policy = warningPolicyOf(options.warningPolicy, service.warningPolicy);
    checkRecognizedAt(options.recognizedAt);
  }

  /**
   * Ask for the result, and go on asking for what is late.
   *
   * @param judge sees every answer; left out by an attempt that has {@link judge} see it before it keeps anything
   */
  async ask<A extends OrderQueryResult>(attempt: OrderQueryAttempt<A>, judge: (answer: A) => A = asItIs): Promise<A> {
    const { clock } = this.service;
    const { timeoutMs, waitForPhotosMs } = this.#limits;
    const deadline = new Deadline(clock, timeoutMs, this.options.signal);
    try {
      let answer: A;
      try {
        answer = await this.#send(attempt, deadline);
      } catch (error) {
        answer = await this.#waitForResult(error, attempt, deadline);
      }
      answer = judge(answer);
      if (answer.photos.status !== 'pending') return answer;
      const again = async (within: Deadline) => judge(await this.#send(attempt, within));
      return await waitForPhotos(answer, again, { clock, deadline, waitMs: waitForPhotosMs });
    } finally {
      deadline.close();
    }
  }

  /**
   * Apply the warning policy, and say how long the vendor keeps what it recognised.
   *
   * @throws CardRejectedError
   */
  judge(answer: BankCardOcrResult): BankCardOcrResult {
    const warnings = answer.warnings.length === 0 ? '' : answer.warnings.map(({ code }) => code).join();
    // A late answer with the same warnings is the same card.
    if (warnings !== this.#accepted) applyWarningPolicy(answer, this.#policy);
    this.#accepted = warnings;
    return addRetention(answer, this.#retentionFacts);
  }

  #waitForResult<A>(failure: unknown, attempt: OrderQueryAttempt<A>, deadline: Deadline): Promise<A> {
    return waitForResult(failure, (within) => this.#send(attempt, within, 1), {
      clock: this.service.clock,
      deadline,
      waitMs: this.#limits.waitForResultMs,
      goneFor: (notFound) => goneFor(notFound, this.#retentionFacts),
    });
  }

  #send<A>(attempt: OrderQueryAttempt<A>, deadline: Deadline, maxAttempts = this.#limits.maxAttempts): Promise<A> {
    const { onFailure } = this;
    return retry(
      (credentials, number) =>
        attempt({
          query: signedQuery(this.service, this.orderNo, credentials),
          generation: credentials.generation,
          timeoutMs: this.#limits.attemptTimeoutMs,
          cancellation: deadline,
          attempt: number,
        }),
      this.service,
      { deadline, maxAttempts, onFailure },
    );
  }

  get #retentionFacts(): RetentionFacts {
    const { assumedVendorRetentionMs, clock } = this.service;
    return { assumedVendorRetentionMs, nowMs: clock.now(), recognizedAt: this.options.recognizedAt };
  }
}

const asItIs = <A>(answer: A): A => answer;

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

/** What an {@link OcrResultService} works with. */
export interface OcrResultServiceOptions {
  readonly appId: string;
  readonly protocolVersion: string;
  readonly limits: Required<QueryLimits>;
  readonly warningPolicy: WarningPolicy;
  /** Milliseconds that the vendor keeps results and photos. */
  readonly assumedVendorRetentionMs: number;
  readonly vendorCodeOverrides: VendorCodeOverrides;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  readonly results: ResultClient;
  readonly clock: Clock;
  /** @default the machine's */
  readonly random?: Random;
}

/** Something that photos belong to. */
interface WithPhotos {
  readonly photos: Pick<CardPhotos, 'status'>;
}

/**
 * Ask again while none of the photos has come. Whatever the vendor does meanwhile, the card that was read is not lost.
 *
 * @throws what is final: a card that is rejected now, a place for photos that fails
 * @returns the answer that has photos, else the last one that came
 */
async function waitForPhotos<T extends WithPhotos>(
  first: T,
  ask: (within: Deadline) => Promise<T>,
  waiting: Waiting,
): Promise<T> {
  let result = first;
  await poll(async (window) => {
    try {
      result = await ask(window);
    } catch (error) {
      if (isFinal(error)) throw error;
      // The time is not over: the next look may succeed.
      return undefined;
    }
    return result.photos.status === 'pending' ? undefined : result;
  }, waiting);
  return result;
}

/** Neither the vendor nor the network: the policy has rejected the late answer or cannot judge it, or a sink has failed. */
function isFinal(error: unknown): boolean {
  if (!isBankCardOcrError(error)) return true;
  return error.code === 'CARD_REJECTED' || (error.code === 'INVALID_ARGUMENT' && error.vendorCode === undefined);
}

/** Waiting for a result, and knowing when that is pointless. */
interface ResultWaiting extends Waiting {
  /** What to throw at once instead of waiting, when the vendor cannot have the result any more. */
  readonly goneFor: (notFound: BankCardOcrError) => BankCardOcrError | undefined;
}

/**
 * Go on asking for a result that the vendor does not have, or not yet.
 *
 * @param failure what the first query ended with
 * @param ask sends one request: the pauses between the requests are those of the waiting
 * @throws the last `ORDER_NOT_FOUND` when the waiting is over, and at once what waiting cannot mend
 */
async function waitForResult<T>(
  failure: unknown,
  ask: (within: Deadline) => Promise<T>,
  { goneFor, ...waiting }: ResultWaiting,
): Promise<T> {
  if (!isNotFound(failure)) throw failure;
  let notFound = failure;
  const gone = goneFor(notFound);
  if (gone) throw gone;
  const late = await poll(async (window) => {
    try {
      return await ask(window);
    } catch (error) {
      if (isNotFound(error)) notFound = error;
      else if (!isBankCardOcrError(error) || !error.retryable) throw error;
      return undefined;
    }
  }, waiting);
  if (late === undefined) throw notFound;
  return late;
}

function isNotFound(error: unknown): error is BankCardOcrError {
  return isBankCardOcrError(error) && error.code === 'ORDER_NOT_FOUND';
}
