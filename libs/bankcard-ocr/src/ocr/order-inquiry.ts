import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardPhotos } from '../card/card-photo.js';
import type { Credentials } from '../credentials/credentials.js';
import type { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { QueryLimits, WarningPolicy } from '../options/bankcard-ocr.options.js';
import type { ResultRequest, SignedQuery } from '../upstream/result.client.js';
import { Deadline } from './deadline.js';
import type { OcrResultServiceOptions } from './ocr-result-service.options.js';
import { checkOrderNumber } from './order-number.js';
import { limitsOf } from './query-limits.js';
import type { InquiryOptions } from './query-options.js';
import { checkRecognizedAt, goneFor, type RetentionFacts, addRetention } from './retention.js';
import { retry } from './retry.js';
import { waitForPhotos } from './wait-for-photos.js';
import { waitForResult } from './wait-for-result.js';
import { applyWarningPolicy, warningPolicyOf } from './warning-policy.js';

/** What an inquiry brings; photos that are pending are waited for. */
export interface InquiryAnswer {
  readonly photos: Pick<CardPhotos, 'status'>;
}

/** Sends one request and makes something of its answer; {@link OrderInquiry.judge} has to see it. */
export type InquiryAttempt<A> = (request: ResultRequest) => Promise<A>;

/** One call about one order: its limits, its policy, and the time that it has for everything. */
export class OrderInquiry {
  readonly #limits: Required<QueryLimits>;
  readonly #policy: WarningPolicy;
  /** The codes of the warnings that the policy has accepted. */
  #accepted = '';

  /** @throws {@link BankCardOcrError} `INVALID_ARGUMENT` */
  constructor(
    private readonly service: OcrResultServiceOptions,
    private readonly orderNo: string,
    private readonly options: InquiryOptions,
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
  async ask<A extends InquiryAnswer>(attempt: InquiryAttempt<A>, judge: (answer: A) => A = asItIs): Promise<A> {
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

  #waitForResult<A>(failure: unknown, attempt: InquiryAttempt<A>, deadline: Deadline): Promise<A> {
    return waitForResult(failure, (within) => this.#send(attempt, within, 1), {
      clock: this.service.clock,
      deadline,
      waitMs: this.#limits.waitForResultMs,
      goneFor: (notFound) => goneFor(notFound, this.#retentionFacts),
    });
  }

  #send<A>(attempt: InquiryAttempt<A>, deadline: Deadline, maxAttempts = this.#limits.maxAttempts): Promise<A> {
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
    const { retentionMs, clock } = this.service;
    return { retentionMs, nowMs: clock.now(), recognizedAt: this.options.recognizedAt };
  }
}

const asItIs = <A>(answer: A): A => answer;

/** Sign a query: a fresh nonce, and the five values (protocol.md section 4). */
export function signedQuery(
  { appId, version, signatures }: Pick<OcrResultServiceOptions, 'appId' | 'version' | 'signatures'>,
  orderNo: string,
  { signTicket }: Credentials,
): SignedQuery {
  const nonce = signatures.createNonce();
  const sign = signatures.sign([appId, orderNo, version, nonce], signTicket.reveal());
  return { appId, orderNo, version, nonce, sign };
}
