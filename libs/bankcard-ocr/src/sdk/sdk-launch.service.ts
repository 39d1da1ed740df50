import type { Credentials } from '../credentials/credentials.js';
import { Deadline } from '../call/deadline.js';
import { checkOrderNumber, checkUserId, createOrderNo } from '../call/order-number.js';
import { limitsOf } from '../call/query-limits.js';
import { retry } from '../call/retry.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import type { OcrResultServiceOptions } from '../results/order-query.js';
import type { SecretText } from '../runtime/secret-text.js';
import { observed } from '../telemetry/instrumentation.js';
import type { AuthClient, IssuedCredential } from '../vendor/auth.client.js';
import { PerUserThrottle } from './per-user-throttle.js';
import { launchLifeMs, RESULT_SIGNATURE, SdkLaunch } from './sdk-launch.js';
import { ThrottledReload } from './throttled-reload.js';

interface SdkCallLimits extends Pick<QueryLimits, 'timeoutMs'> {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

interface SdkLaunchRequest extends SdkCallLimits {
  /** The user of the phone: 1 to 32 ASCII letters and digits, another one for every user. */
  readonly userId: string;
  /** 1 to 32 ASCII letters and digits, never used before. @default createOrderNo() */
  readonly orderNo?: string | undefined;
}

interface SdkResultReport extends SdkCallLimits {
  /** The order number that the launch was made for; take your own, not the app's, where you can. */
  readonly orderNo: string;
  /** The signature that the phone SDK handed back, in any letter case. */
  readonly sign: string;
}

interface SdkLaunchServiceOptions extends Omit<
  OcrResultServiceOptions,
  'results' | 'warningPolicy' | 'assumedVendorRetentionMs'
> {
  readonly ticketOverlapMs: number;
  readonly auth: AuthClient;
}

/** The backend's part in a recognition on the phone: launches of the phone SDK, and checks of its signed reports. */
export class SdkLaunchService {
  readonly #throttle: PerUserThrottle;
  readonly #reload: ThrottledReload;

  constructor(private readonly options: SdkLaunchServiceOptions) {
    const { tickets, clock } = options;
    this.#throttle = new PerUserThrottle(clock);
    this.#reload = new ThrottledReload(() => tickets.reload(), clock);
  }

  /**
   * Fetch a NONCE ticket and sign one launch with it: one in 2 s for a user, a call that comes sooner waits its turn.
   * @throws {@link BankCardOcrError} `RATE_LIMITED` with `retryAfterMs` when that exceeds `timeoutMs`; the reason of
   *   `signal`
   */
  create(request: SdkLaunchRequest): Promise<SdkLaunch> {
    return observed(this.options.telemetry, 'sdk_launch', () => this.#create(request), { signal: request?.signal });
  }

  async #create(request: SdkLaunchRequest): Promise<SdkLaunch> {
    const { timeoutMs, maxAttempts } = limitsOf(request, this.options.limits);
    const { userId, orderNo = createOrderNo(), signal } = request;
    checkUserId(userId);
    checkOrderNumber(orderNo);
    const deadline = new Deadline(this.options.clock, timeoutMs, signal);
    try {
      return await this.#throttle.inTurn(userId, deadline, (inInterval) => {
        const attempt = async ({ accessToken, generation, generationId }: Credentials, attempt: number) => {
          const request = { accessToken: accessToken.reveal(), userId, generation, attempt, signal: deadline.signal };
          const ticket = await inInterval(() => this.options.auth.nonceTicket(request));
          return this.#sign(userId, orderNo, ticket, generationId);
        };
        return retry(attempt, this.options, { deadline, maxAttempts });
      });
    } finally {
      deadline.close();
    }
  }

  /**
   * Check the signature that the phone SDK handed back, against the current SIGN ticket and earlier ones, in constant
   * time.
   * @returns false also for a value of another form or type
   * @throws {@link BankCardOcrError} `INVALID_ARGUMENT` for no order number; `NO_VALID_TICKET` or `TIMEOUT` when no
   *   known ticket fits and the current one is not available; the reason of `signal`
   */
  async verifyResult(report: SdkResultReport): Promise<boolean> {
    const { timeoutMs } = limitsOf(report, this.options.limits);
    const { orderNo, sign, signal } = report;
    checkOrderNumber(orderNo);
    if (typeof sign !== 'string' || !RESULT_SIGNATURE.test(sign)) {
      signal?.throwIfAborted();
      return false;
    }
    const deadline = new Deadline(this.options.clock, timeoutMs, signal);
    try {
      // The known tickets first: they may decide also while no credentials are available.
      if (this.#fits(orderNo, sign)) return true;
      await this.options.tickets.getCredentials(deadline.signal);
      if (this.#fits(orderNo, sign)) return true;
      await this.#reload.run(deadline.signal);
      return this.#fits(orderNo, sign);
    } finally {
      deadline.close();
    }
  }

  /** Tries every ticket, also after one that fits: the time reveals nothing. */
  #fits(orderNo: string, sign: string): boolean {
    const { appId, tickets, signatures } = this.options;
    const verify = (ticket: SecretText): boolean => signatures.verify([appId, orderNo], ticket.reveal(), sign);
    return [...tickets.ticketsForVerifying].filter(verify).length > 0;
  }

  #sign(userId: string, orderNo: string, ticket: IssuedCredential, generationId: string): SdkLaunch {
    const { appId, protocolVersion: version, signatures, tickets, clock, ticketOverlapMs } = this.options;
    const { value, lifeMs, sentAt } = ticket;
    const nonce = signatures.createNonce();
    const ticketMs = sentAt.monotonicMs + lifeMs - clock.monotonic();
    const expiresInMs = launchLifeMs({ ticketMs, generationId, status: tickets.status(), ticketOverlapMs });
    // The order number is not signed (protocol.md section 4).
    const sign = signatures.sign([appId, userId, version, nonce], value);
    return new SdkLaunch({ appId, version, nonce, userId, orderNo, sign, expiresInMs });
  }
}
