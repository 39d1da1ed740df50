import type { Clock } from '../clock.js';
import { AnswerIntake, type AnswerReader } from './answer-intake.js';
import { NotAnAnswer } from './answer/json-answer.js';
import { AttemptLimit } from './attempt-limit.js';
import type { ExchangeRequest } from './exchange.js';
import { faultByStatus } from './fault-by-status.js';
import type { Transport, TransportCall } from './transport/transport.js';
import { TransportFault, transportFault } from './transport-fault.js';

/** What sends a request. */
export interface Sender {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly maxAnswerBytes: number;
}

/** A request on its way, with its time limit and its caller's wish to stop; {@link stop} ends both. */
export class SentRequest {
  /** When it was sent, on the monotonic clock and on the wall clock, in milliseconds. */
  readonly sentAt: { readonly monotonicMs: number; readonly epochMs: number };
  readonly #intake: AnswerIntake;
  /** Whether the whole answer was taken: what fails from then on is neither the transport's nor the caller's doing. */
  #isReceived = false;
  readonly #call: TransportCall;
  readonly #limit: AttemptLimit;
  readonly #forget: () => void;

  /** @throws the reason, when it is cancelled already */
  constructor(
    private readonly request: ExchangeRequest,
    reader: AnswerReader,
    { transport, clock, maxAnswerBytes }: Sender,
  ) {
    const { cancellation, pathAndQuery, body, attempt, timeoutMs } = request;
    // Between its turn at the gate and this line the caller may have given up, and a cancellation tells that only once.
    cancellation.throwIfCancelled();
    this.sentAt = { monotonicMs: clock.monotonic(), epochMs: clock.now() };
    this.#intake = new AnswerIntake(reader, maxAnswerBytes, clock);
    const method = body ? 'POST' : 'GET';
    // A connection that went stale while it was kept would leave open whether a POST, never repeated, was carried out.
    const freshConnection = attempt > 1 || body !== undefined;
    request.onSend?.();
    const call = transport.start({ method, pathAndQuery, body, freshConnection }, this.#intake);
    this.#call = call;
    this.#limit = new AttemptLimit(clock, timeoutMs, this.#intake, () => call.abort());
    this.#forget = cancellation.onCancel(() => call.abort());
  }

  /** The whole answer has come; what its reader has not taken yet is the {@link rest}. */
  get arrived(): Promise<void> {
    return this.#call.finished;
  }

  /** The promise for what is still being taken: a body may end before its last piece is. */
  rest(): Promise<void> | undefined {
    const rest = this.#intake.taken(this.request.cancellation);
    this.#isReceived = rest === undefined;
    return rest?.then(() => void (this.#isReceived = true));
  }

  stop(): void {
    this.#limit.stop();
    this.#forget();
  }

  /** What to throw for whatever ended it: nothing that a transport throws gets out. */
  failureFor(error: unknown): unknown {
    const { failure } = this.#intake;
    if (!this.#isReceived) {
      const reason = reasonOf(this.request);
      if (reason) return reason.value;
      const wasCarriedOut = this.#intake.status >= 200 && this.#intake.status < 300;
      if (!failure)
        return this.#limit.reached ? timeout(this.request, wasCarriedOut) : transportFault(error, wasCarriedOut);
    }
    const cause = failure ? failure.error : error;
    // Any status whose body is a protocol answer is one; anything else failed below the protocol (protocol.md section 3).
    return cause instanceof NotAnAnswer ? faultByStatus(this.#intake, cause) : cause;
  }
}

function reasonOf({ cancellation }: ExchangeRequest): { readonly value: unknown } | undefined {
  try {
    cancellation.throwIfCancelled();
    return undefined;
  } catch (value) {
    return { value };
  }
}

function timeout({ endpoint, timeoutMs }: ExchangeRequest, wasCarriedOut: boolean): TransportFault {
  const option = endpoint === 'bankcardocrapp' ? 'recognitionTimeoutMs' : 'attemptTimeoutMs';
  return new TransportFault(
    'TIMEOUT',
    true,
    { message: `no answer within ${timeoutMs} ms (${option})` },
    wasCarriedOut,
  );
}
