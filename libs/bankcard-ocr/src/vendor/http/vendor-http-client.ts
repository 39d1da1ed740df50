import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../../errors/error-codes.js';
import type { VendorCodeOverrides } from '../../errors/vendor-codes.js';
import type { Cancellation } from '../../runtime/abort.js';
import type { Clock, ClockTimer } from '../../runtime/clock.js';
import type { Semaphore } from '../../runtime/semaphore.js';
import { type Envelope, readEnvelope, vendorFailure } from '../response/envelope.js';
import { type JsonObject, InvalidResponseError, ResponseTooLargeError } from '../response/json-response.js';
import { ResponseReceiver, type ResponseReader } from './response-receiver.js';
import { TransportError, transportError } from './transport-error.js';
import type { Transport, TransportCall } from './transport.js';

/** One request to one of the vendor's endpoints. */
export interface VendorRequest {
  readonly endpoint: ExchangeRecord['endpoint'];
  /** The path of the endpoint, prefix and query included. */
  readonly pathAndQuery: string;
  /** JSON that is posted; without one the request is a GET. */
  readonly body?: Buffer;
  /** Those of the values sent that must not be shown, also when the vendor repeats them. */
  readonly secrets: readonly string[];
  /** For the request and its whole answer, in milliseconds; what the reader of the answer takes does not count. */
  readonly timeoutMs: number;
  /** Ends the exchange; its reason is thrown as it is. */
  readonly cancellation: Cancellation;
  /** Goes before the requests that wait for a connection. */
  readonly urgent?: boolean;
  /** Is told when the request leaves: from then on it may be carried out. */
  readonly onSend?: () => void;
  readonly attempt: number;
  readonly generation?: number;
}

/** A successful answer. */
export interface VendorResponse {
  readonly envelope: Envelope;
  readonly json: JsonObject;
  /** When the request was sent, on the monotonic clock and on the wall clock, in milliseconds. */
  readonly sentAt: { readonly monotonicMs: number; readonly epochMs: number };
}

/** What an {@link VendorHttpClient} needs. */
interface ExchangeDependencies {
  readonly transport: Transport;
  readonly gate: Semaphore;
  readonly clock: Clock;
  readonly vendorCodeOverrides: VendorCodeOverrides;
  readonly maxResponseBytes: number;
  readonly onExchange: ExchangeListener;
}

/** Said of an answer that is none of the vendor's. */
const SHOWS_A_WRONG_SERVER: ReadonlySet<string> = new Set(['RESPONSE_MALFORMED', 'RESPONSE_TOO_LARGE', 'VENDOR_FAULT']);

/** The only place that talks to the vendor: one request, one answer, never repeated here, one record for the log. */
export class VendorHttpClient {
  constructor(private readonly dependencies: ExchangeDependencies) {}

  /**
   * @param reader takes the answer as it arrives
   * @throws {@link BankCardOcrError} for every way to fail, the reason of the cancellation, or what the reader throws
   */
  async send(request: VendorRequest, reader: ResponseReader): Promise<VendorResponse> {
    const { clock, gate, transport, onExchange, vendorCodeOverrides } = this.dependencies;
    const { endpoint, attempt, generation, cancellation } = request;
    const turn = gate.acquire(cancellation, request.urgent ?? false);
    if (turn) await turn;
    const startedAt = clock.monotonic();
    let told: Pick<ExchangeRecord, 'outcome' | 'vendorCode' | 'bizSeqNo'> = { outcome: 'ABORTED' };
    let sent: PendingRequest | undefined;
    try {
      sent = new PendingRequest(request, reader, this.dependencies);
      await sent.arrived;
      const rest = sent.rest();
      if (rest) await rest;
      const json = reader.end();
      const envelope = readEnvelope(json, request.secrets);
      const { code: vendorCode, bizSeqNo } = envelope;
      if (vendorCode !== '0') throw vendorFailure(envelope, vendorCodeOverrides);
      told = { outcome: 'OK', vendorCode, bizSeqNo };
      return { envelope, json, sentAt: sent.sentAt };
    } catch (error) {
      const failure = sent ? sent.failureFor(error) : error;
      if (failure instanceof TransportError && SHOWS_A_WRONG_SERVER.has(failure.code)) transport.dropConnections();
      if (isBankCardOcrError(failure)) {
        const { code, vendorCode, bizSeqNo } = failure;
        told = { outcome: code, vendorCode, bizSeqNo };
      }
      throw failure;
    } finally {
      sent?.stop();
      gate.release();
      const durationMs = Math.round(clock.monotonic() - startedAt);
      const { outcome, vendorCode, bizSeqNo } = told;
      onExchange({ endpoint, outcome, vendorCode, bizSeqNo, durationMs, attempt, generation });
    }
  }
}

/** What sends a request. */
interface Sender {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly maxResponseBytes: number;
}

/** A request on its way, with its time limit and its caller's wish to stop; {@link stop} ends both. */
class PendingRequest {
  /** When it was sent, on the monotonic clock and on the wall clock, in milliseconds. */
  readonly sentAt: { readonly monotonicMs: number; readonly epochMs: number };
  readonly #intake: ResponseReceiver;
  /** Whether the whole answer was taken: what fails from then on is neither the transport's nor the caller's doing. */
  #isReceived = false;
  readonly #call: TransportCall;
  readonly #limit: AttemptTimeout;
  readonly #forget: () => void;

  /** @throws the reason, when it is cancelled already */
  constructor(
    private readonly request: VendorRequest,
    reader: ResponseReader,
    { transport, clock, maxResponseBytes }: Sender,
  ) {
    const { cancellation, pathAndQuery, body, attempt, timeoutMs } = request;
    // Between its turn at the gate and this line the caller may have given up, and a cancellation tells that only once.
    cancellation.throwIfCancelled();
    this.sentAt = { monotonicMs: clock.monotonic(), epochMs: clock.now() };
    this.#intake = new ResponseReceiver(reader, maxResponseBytes, clock);
    const method = body ? 'POST' : 'GET';
    // A connection that went stale while it was kept would leave open whether a POST, never repeated, was carried out.
    const freshConnection = attempt > 1 || body !== undefined;
    request.onSend?.();
    const call = transport.start({ method, pathAndQuery, body, freshConnection }, this.#intake);
    this.#call = call;
    this.#limit = new AttemptTimeout(clock, timeoutMs, this.#intake, () => call.abort());
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
        return this.#limit.reached ? timeout(this.request, wasCarriedOut) : transportError(error, wasCarriedOut);
    }
    const cause = failure ? failure.error : error;
    // Any status whose body is a protocol answer is one; anything else failed below the protocol (protocol.md section 3).
    return cause instanceof InvalidResponseError ? faultByStatus(this.#intake, cause) : cause;
  }
}

function reasonOf({ cancellation }: VendorRequest): { readonly value: unknown } | undefined {
  try {
    cancellation.throwIfCancelled();
    return undefined;
  } catch (value) {
    return { value };
  }
}

function timeout({ endpoint, timeoutMs }: VendorRequest, wasCarriedOut: boolean): TransportError {
  const option = endpoint === 'bankcardocrapp' ? 'recognitionTimeoutMs' : 'attemptTimeoutMs';
  return new TransportError(
    'TIMEOUT',
    true,
    { message: `no answer within ${timeoutMs} ms (${option})` },
    wasCarriedOut,
  );
}

/** What is told of one exchange with the vendor; nothing in it is secret. */
export interface ExchangeRecord {
  readonly endpoint: 'access_token' | 'api_ticket' | 'getBankCardOcrResult' | 'bankcardocrapp';
  /** `OK`, the code of the error, or `ABORTED` when the caller gave up or the whole time was over. */
  readonly outcome: 'OK' | 'ABORTED' | BankCardOcrErrorCode;
  readonly vendorCode?: string;
  readonly bizSeqNo?: string;
  readonly durationMs: number;
  /** Counts the repetitions of one call, from 1. */
  readonly attempt: number;
  /** The generation of credentials that was used. */
  readonly generation?: number;
}

/** Is told of every exchange; must not throw. */
export type ExchangeListener = (record: ExchangeRecord) => void;

/** Nobody looks more often while an answer is held up. */
const LEAST_PAUSE_MS = 50;

/** The time limit of one attempt. While the reader holds the answer up, its clock stands still. */
class AttemptTimeout {
  reached = false;
  #timer: ClockTimer;
  readonly #startedAt: number;

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly intake: Pick<ResponseReceiver, 'heldUpMs'>,
    private readonly onReached: () => void,
  ) {
    this.#startedAt = clock.monotonic();
    this.#timer = clock.setTimer(this.#look, timeoutMs);
  }

  stop(): void {
    this.#timer.cancel();
  }

  readonly #look = (): void => {
    const spentMs = this.clock.monotonic() - this.#startedAt - this.intake.heldUpMs;
    // Timers fire up to a millisecond early.
    if (spentMs < this.timeoutMs - 1) {
      this.#timer = this.clock.setTimer(this.#look, Math.max(this.timeoutMs - spentMs, LEAST_PAUSE_MS));
      return;
    }
    this.reached = true;
    this.onReached();
  };
}

/** The error for an answer that is none of the vendor's protocol. */
function faultByStatus(answer: Pick<ResponseReceiver, 'status' | 'header'>, why: InvalidResponseError): TransportError {
  const { status } = answer;
  const message = `HTTP ${status}, ${why.message}`;
  if (status === 429) {
    const retryAfterMs = readRetryAfterMs(answer.header('retry-after'));
    return new TransportError('RATE_LIMITED', false, { message, retryAfterMs });
  }
  if (status >= 500 || status === 408) return new TransportError('VENDOR_FAULT', true, { message });
  if (status === 407) {
    const hint = `${message}: the proxy wants a user name and a password, or other ones (proxy)`;
    return new TransportError('UNREACHABLE', false, { message: hint, retryable: false, actor: 'developer' });
  }
  if (status >= 300) {
    const hint = `${message}: check baseUrl and paths`;
    return new TransportError('RESPONSE_MALFORMED', false, { message: hint, retryable: false });
  }
  return new TransportError(why instanceof ResponseTooLargeError ? 'RESPONSE_TOO_LARGE' : 'RESPONSE_MALFORMED', true, {
    message,
  });
}

/** Only the form in seconds: the other needs the vendor's clock. */
function readRetryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1_000 : undefined;
}
