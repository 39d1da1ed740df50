import type { Clock } from '../runtime/clock.js';
import type { TicketService } from '../credentials/ticket.service.js';
import type { VendorCodeOverrides } from '../errors/vendor-codes.js';
import { Deadline } from '../call/deadline.js';
import { checkOrderNumber, createOrderNo } from '../call/order-number.js';
import { limitsOf } from '../call/query-limits.js';
import { retry } from '../call/retry.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import type { SignatureService } from '../signature/signature.service.js';
import type { AuthClient, IssuedCredential } from '../vendor/auth.client.js';
import { launchLifeMs, SdkLaunch } from './sdk-launch.js';
import { SdkResultVerifier } from './sdk-result-verifier.js';
import { SpacedReload } from './spaced-reload.js';
import { checkUserId } from '../call/user-id.js';
import { PerUserThrottle } from './per-user-throttle.js';

/** How one call differs from the module's options. */
export interface SdkCallLimits extends Pick<QueryLimits, 'timeoutMs'> {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Who launches the phone SDK, and for which order. */
export interface SdkLaunchRequest extends SdkCallLimits {
  /** The user of the phone: 1 to 32 ASCII letters and digits, another one for every user. */
  readonly userId: string;
  /** 1 to 32 ASCII letters and digits, never used before. @default createOrderNo() */
  readonly orderNo?: string | undefined;
}

/** What an app reports about a result of the phone SDK. */
export interface SdkResultReport extends SdkCallLimits {
  /** The order number that the launch was made for; take your own, not the app's, where you can. */
  readonly orderNo: string;
  /** The signature that the phone SDK handed back, in any letter case. */
  readonly sign: string;
}

/** What an {@link SdkLaunchService} works with. */
interface SdkLaunchServiceOptions {
  readonly appId: string;
  readonly protocolVersion: string;
  readonly limits: Required<QueryLimits>;
  readonly ticketOverlapMs: number;
  readonly vendorCodeOverrides: VendorCodeOverrides;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  readonly auth: AuthClient;
  readonly clock: Clock;
}

/** The backend's part in what happens on the phone: launches of the phone SDK, and what it signs at the end. */
export class SdkLaunchService {
  readonly #spacing: PerUserThrottle;
  readonly #verifier: SdkResultVerifier;

  constructor(private readonly options: SdkLaunchServiceOptions) {
    const { appId, tickets, signatures, clock } = options;
    this.#spacing = new PerUserThrottle(clock);
    const spacedLook = new SpacedReload(() => tickets.reload(), clock);
    this.#verifier = new SdkResultVerifier({ appId, tickets, signatures, spacedLook });
  }

  /**
   * Fetch a NONCE ticket and sign one launch of the phone SDK with it. The vendor gives a user one ticket in 2 s; a call
   * that comes sooner waits its turn, behind those of the same user that came before it.
   *
   * @returns what the app starts the SDK with; the ticket itself is not in it
   * @throws {@link BankCardOcrError} `RATE_LIMITED` with `retryAfterMs` when the waiting would exceed `timeoutMs`, and
   *   with a typed `code` for every other failure; or the reason of `signal`
   */
  async create(request: SdkLaunchRequest): Promise<SdkLaunch> {
    const limits = limitsOf(request, this.options.limits);
    const { userId, orderNo = createOrderNo(), signal } = request;
    checkUserId(userId);
    checkOrderNumber(orderNo);
    const deadline = new Deadline(this.options.clock, limits.timeoutMs, signal);
    try {
      return await this.#launch(userId, orderNo, limits.maxAttempts, deadline);
    } finally {
      deadline.close();
    }
  }

  /**
   * Check the signature that the phone SDK handed back with a result, against the current SIGN ticket and earlier ones,
   * in constant time.
   *
   * @returns whether the vendor signed this; false also for anything that is no signature, whatever its type
   * @throws {@link BankCardOcrError} `INVALID_ARGUMENT` when `orderNo` is no order number: no launch was made for it;
   *   `NO_VALID_TICKET` or `TIMEOUT` when no known ticket fits and the current one could not be had, so that nobody can
   *   tell; or the reason of `signal`
   */
  async verifyResult(report: SdkResultReport): Promise<boolean> {
    const { timeoutMs } = limitsOf(report, this.options.limits);
    const { orderNo, sign, signal } = report;
    checkOrderNumber(orderNo);
    const deadline = new Deadline(this.options.clock, timeoutMs, signal);
    try {
      return await this.#verifier.verify(orderNo, sign, deadline.signal);
    } finally {
      deadline.close();
    }
  }

  #launch(userId: string, orderNo: string, maxAttempts: number, deadline: Deadline): Promise<SdkLaunch> {
    return this.#spacing.inTurn(userId, deadline, (ask) => {
      return retry(
        async ({ accessToken, generation, generationId }, attempt) => {
          const { signal } = deadline;
          const ticket = await ask(() => {
            const { auth } = this.options;
            return auth.nonceTicket({ accessToken: accessToken.reveal(), userId, generation, attempt, signal });
          });
          return this.#sign(userId, orderNo, ticket, generationId);
        },
        this.options,
        { deadline, maxAttempts },
      );
    });
  }

  #sign(userId: string, orderNo: string, { value, lifeMs, sentAt }: IssuedCredential, generationId: string): SdkLaunch {
    const { appId, protocolVersion: version, signatures, tickets, clock, ticketOverlapMs } = this.options;
    const nonce = signatures.createNonce();
    const ticketMs = sentAt.monotonicMs + lifeMs - clock.monotonic();
    return new SdkLaunch({
      appId,
      version,
      nonce,
      userId,
      orderNo,
      // Not the order number (protocol.md section 4).
      sign: signatures.sign([appId, userId, version, nonce], value),
      expiresInMs: launchLifeMs({
        ticketMs,
        generationId,
        status: tickets.status(),
        ticketOverlapMs,
      }),
    });
  }
}
