import type { Socket } from 'node:net';
import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../../errors/error-codes.js';
import type { VendorCodeOverrides } from '../../errors/vendor-codes.js';
import { type Cancellation, onAbort, raceAbort } from '../../runtime/abort.js';
import type { Clock, ClockTimer } from '../../runtime/clock.js';
import type { Semaphore } from '../../runtime/semaphore.js';
import type { OrderReferences } from '../../signature/order-references.js';
import { type Envelope, readEnvelope, transactionTimeOf, vendorFailure } from '../response/envelope.js';
import {
  InvalidResponseError,
  type JsonObject,
  type ResponseReader,
  ResponseTooLargeError,
} from '../response/json-response.js';
import { eventLoopShare } from './event-loop-share.js';
import { clockOffsetMs, peerCertificateSha256, type Provenance } from './provenance.js';
import { TransportError, transportError } from './transport-error.js';
import type { ResponseListener, Transport, TransportCall } from './transport.js';

export interface VendorRequest {
  readonly endpoint: ExchangeRecord['endpoint'];
  readonly pathAndQuery: string;
  /** JSON that is posted; without one the request is a GET. */
  readonly body?: Buffer;
  /** The order that it is about; others only learn of it what the {@link OrderReferences} say. */
  readonly orderNo?: string;
  /** Those of the values sent that must not be shown, also when the vendor repeats them. */
  readonly secrets: readonly string[];
  /** For the request and its whole response, in milliseconds; the time that the reader takes does not count. */
  readonly timeoutMs: number;
  /** Ends the exchange; its reason is thrown as it is. */
  readonly cancellation: Cancellation;
  /** Goes before the requests that wait for a connection. */
  readonly urgent?: boolean;
  /** Is called when the request leaves: from then on the vendor may carry it out. */
  readonly onSend?: () => void;
  readonly attempt: number;
  readonly generation?: number;
  /** Is called with where a successful response came from; without one nothing is found out. */
  readonly onProvenance?: ((provenance: Provenance) => void) | undefined;
}

export interface VendorResponse {
  readonly envelope: Envelope;
  readonly json: JsonObject;
  /** When the request was sent, on the monotonic clock and on the wall clock, in milliseconds. */
  readonly sentAt: { readonly monotonicMs: number; readonly epochMs: number };
}

/** What is known of an exchange when it begins; nothing in it is secret. */
export interface ExchangeStart extends Pick<ExchangeRecord, 'endpoint' | 'attempt' | 'generation'> {
  readonly method: 'GET' | 'POST';
  readonly origin: string;
  /** Without the query. */
  readonly path: string;
}

/** What is recorded of one exchange with the vendor; nothing in it is secret. */
export interface ExchangeRecord {
  /** Its last path segment: `access_token`, `api_ticket`, `getBankCardOcrResult`, `bankcardocrapp`, or that of a sibling. */
  readonly endpoint: string;
  /** `OK`, the code of the error, or `ABORTED` when the caller gave up or the whole time was over. */
  readonly outcome: 'OK' | 'ABORTED' | BankCardOcrErrorCode;
  readonly vendorCode?: string;
  readonly bizSeqNo?: string;
  readonly status?: number;
  readonly durationMs: number;
  /** Returns the order of the exchange as log lines show it, a keyed hash; undefined when it is about none. */
  readonly orderRef?: () => string;
  /** Counts the repetitions of one call, from 1. */
  readonly attempt: number;
  /** The generation of credentials that was used. */
  readonly generation?: number;
}

/** Called when an exchange begins; what it returns, when that has ended, and calls `describe` at once. Neither may throw. */
export type ExchangeListener = (
  describe: () => ExchangeStart,
) => ((outcome: ExchangeRecord['outcome'], describe: () => ExchangeRecord) => void) | undefined;

interface VendorHttpClientDependencies {
  readonly origin: string;
  readonly transport: Transport;
  readonly gate: Semaphore;
  readonly clock: Clock;
  readonly vendorCodeOverrides: VendorCodeOverrides;
  readonly maxResponseBytes: number;
  readonly onExchange: ExchangeListener;
  /** @default none: exchanges have no `orderRef` */
  readonly orderReferences?: OrderReferences;
}

/** The errors for a response that is not the vendor's. */
const SHOWS_A_WRONG_SERVER: ReadonlySet<string> = new Set(['RESPONSE_MALFORMED', 'RESPONSE_TOO_LARGE', 'VENDOR_FAULT']);

/** The only place that talks to the vendor: one request, one response, never repeated here, one record for the log. */
export class VendorHttpClient {
  constructor(private readonly dependencies: VendorHttpClientDependencies) {}

  /**
   * @param read makes of a successful response what is returned
   * @throws {@link BankCardOcrError} for every way to fail, the reason of the cancellation, what reader or `read`
   *   throws
   */
  async send<T>(request: VendorRequest, reader: ResponseReader, read: (response: VendorResponse) => T): Promise<T> {
    const turn = this.dependencies.gate.acquire(request.cancellation, request.urgent ?? false);
    if (turn) await turn;
    const exchange = new Exchange(this.dependencies, request, reader);
    let response: VendorResponse;
    try {
      await exchange.start();
      const rest = exchange.rest();
      if (rest) await rest;
      response = exchange.response();
    } catch (error) {
      throw exchange.failure(error);
    } finally {
      exchange.end();
    }
    return read(response);
  }
}

const ABORTED = { outcome: 'ABORTED' } as const;

/** A piece costs a microsecond, however small: so many are free, then they must bring so many bytes on average. */
const FREE_PIECES = 2_048;
const LEAST_BYTES_IN_A_PIECE = 64;

/** A response up to this size never gives way to others. */
const SMALL_BYTES = 64 * 1024;

/** The least time between two checks of the time limit while the reader delays the response. */
const LEAST_PAUSE_MS = 50;

/** One request and its response, received for a reader: its head, its size, its time limit, and how long the reader delayed it. */
class Exchange implements ResponseListener {
  readonly #sentAt: VendorResponse['sentAt'];
  #record: Pick<ExchangeRecord, 'outcome' | 'vendorCode' | 'bizSeqNo'> = ABORTED;
  #call: TransportCall | undefined;
  #refusal: { readonly error: unknown } | undefined;
  #status = 0;
  #header: ((name: string) => string | undefined) | undefined;
  #provenance: Provenance | undefined;
  #timedOut = false;
  /** The reader has the whole response: what fails from then on is neither the transport's nor the caller's doing. */
  #isReceived = false;
  #pieces = 0;
  #compressedBytes = 0;
  #bytes = 0;
  #delayMs = 0;
  #delayedSince: number | undefined;
  #delay: Promise<void> | undefined;
  #timer: ClockTimer | undefined;
  readonly #onEnd: ReturnType<ExchangeListener>;
  #forget: (() => void) | undefined;

  constructor(
    private readonly client: VendorHttpClientDependencies,
    private readonly request: VendorRequest,
    private readonly reader: ResponseReader,
  ) {
    this.#sentAt = { monotonicMs: client.clock.monotonic(), epochMs: client.clock.now() };
    this.#onEnd = client.onExchange(() => startOf(client.origin, request));
  }

  start(): Promise<void> {
    const { pathAndQuery, body, attempt, cancellation, timeoutMs, onSend } = this.request;
    // Between its turn at the gate and this line the caller may have given up, and a cancellation tells that only once.
    const { endsAt = Infinity } = cancellation;
    if (cancellation.aborted || endsAt <= this.#sentAt.monotonicMs) cancellation.throwIfAborted();
    onSend?.();
    // A connection that went stale while it was kept would leave open whether a POST, never repeated, was carried out.
    const freshConnection = attempt > 1 || body !== undefined;
    const method = body ? 'POST' : 'GET';
    const call = this.client.transport.start({ method, pathAndQuery, body, freshConnection }, this);
    this.#call = call;
    this.#limitTime(timeoutMs, cancellation);
    this.#forget = onAbort(cancellation, () => call.abort(), true);
    return call.finished;
  }

  /** A body may end while its last piece is still being taken. */
  rest(): Promise<void> | undefined {
    if (this.#refusal) throw this.#refusal.error;
    if (this.#delayedSince === undefined || !this.#delay) return undefined;
    return raceAbort(this.#delay, this.request.cancellation);
  }

  response(): VendorResponse {
    this.#isReceived = true;
    const json = this.reader.end();
    const envelope = readEnvelope(json, this.request.secrets);
    const { code: vendorCode, bizSeqNo } = envelope;
    if (vendorCode !== '0') throw vendorFailure(envelope, this.client.vendorCodeOverrides);
    this.#record = { outcome: 'OK', vendorCode, bizSeqNo };
    if (this.#provenance) {
      const transactionTime = transactionTimeOf(json);
      this.request.onProvenance?.({ ...this.#provenance, ...(transactionTime && { transactionTime }) });
    }
    return { envelope, json, sentAt: this.#sentAt };
  }

  failure(error: unknown): unknown {
    const failure = this.#explain(error);
    if (failure instanceof TransportError && SHOWS_A_WRONG_SERVER.has(failure.code)) {
      this.client.transport.dropConnections();
    }
    if (isBankCardOcrError(failure)) {
      const { code, vendorCode, bizSeqNo } = failure;
      this.#record = { outcome: code, vendorCode, bizSeqNo };
    }
    return failure;
  }

  end(): void {
    this.#timer?.cancel();
    this.#forget?.();
    this.client.gate.release();
    this.#onEnd?.(this.#record.outcome, () => this.#describeEnd());
  }

  head(status: number, header: (name: string) => string | undefined, connection?: Socket): void {
    this.#status = status;
    this.#header = header;
    // Now: a connection that has ended shows no certificate any more.
    if (this.request.onProvenance) this.#provenance = this.#provenanceOf(header('date'), connection);
    if (!this.reader.expect) return;
    const length = Number(header('content-length') ?? Number.NaN);
    // An announced length is a hint, never trusted; of a compressed body it says nothing.
    if (length <= this.client.maxResponseBytes && header('content-encoding') === undefined) this.reader.expect(length);
  }

  received(bytes: number): void {
    this.#pieces += 1;
    this.#compressedBytes += bytes;
    // What is compressed can be longer than what is in it, without end.
    if (this.#compressedBytes > this.client.maxResponseBytes) this.#refuse(this.#tooLarge);
    if (this.#pieces > FREE_PIECES + this.#compressedBytes / LEAST_BYTES_IN_A_PIECE) {
      this.#refuse(`comes in pieces of less than ${LEAST_BYTES_IN_A_PIECE} bytes`);
    }
  }

  data(bytes: Buffer): Promise<void> | undefined {
    try {
      this.#bytes += bytes.length;
      // Counted while it arrives and after decompression.
      if (this.#bytes > this.client.maxResponseBytes) this.#refuse(this.#tooLarge);
      const taken = this.reader.write(bytes);
      const turn = this.#bytes > SMALL_BYTES ? eventLoopShare.use(bytes.length) : undefined;
      const delay = taken && turn ? taken.then(() => turn) : (taken ?? turn);
      this.#delay = delay && this.#wait(delay);
      return this.#delay;
    } catch (error) {
      this.#refusal = { error };
      throw error;
    }
  }

  #describeEnd(): ExchangeRecord {
    const { clock, orderReferences } = this.client;
    const { endpoint, attempt, generation, orderNo } = this.request;
    const durationMs = Math.round(clock.monotonic() - this.#sentAt.monotonicMs);
    const status = this.#status || undefined;
    const orderRef = orderReferences && orderNo !== undefined ? () => orderReferences.of(orderNo) : undefined;
    return { ...this.#record, endpoint, orderRef, status, durationMs, attempt, generation };
  }

  #provenanceOf(date: string | undefined, connection: Socket | undefined): Provenance {
    const { epochMs } = this.#sentAt;
    const receivedAtMs = this.client.clock.now();
    const offsetMs = clockOffsetMs(epochMs, receivedAtMs, date);
    const peer = peerCertificateSha256(connection);
    return {
      sentAt: new Date(epochMs),
      receivedAt: new Date(receivedAtMs),
      ...(peer !== undefined && { peerCertificateSha256: peer }),
      ...(offsetMs !== undefined && { clockOffsetMs: Math.round(offsetMs) }),
    };
  }

  /** Limit the time of the response. The time for which its reader delays it does not count: it is not the vendor's. */
  #limitTime(timeoutMs: number, cancellation: Cancellation): void {
    const { clock } = this.client;
    const { endsAt = Infinity } = cancellation;
    const check = (): void => {
      const now = clock.monotonic();
      // Timers fire up to a millisecond early.
      const leftMs = endsAt - now;
      if (leftMs < 1) return cancellation.expire?.();
      const delayMs = this.#delayMs + (this.#delayedSince === undefined ? 0 : now - this.#delayedSince);
      const spentMs = now - this.#sentAt.monotonicMs - delayMs;
      if (spentMs < timeoutMs - 1) {
        const pauseMs = Math.max(timeoutMs - spentMs, LEAST_PAUSE_MS);
        this.#timer = clock.setTimer(check, Math.min(pauseMs, leftMs), true);
        return;
      }
      this.#timedOut = true;
      this.#call?.abort();
    };
    const leftMs = endsAt - this.#sentAt.monotonicMs;
    this.#timer = clock.setTimer(check, Math.min(timeoutMs, leftMs), true);
  }

  get #tooLarge(): string {
    return `is larger than ${this.client.maxResponseBytes} bytes (maxResponseBytes)`;
  }

  #refuse(what: string): never {
    const error = new TransportError('RESPONSE_TOO_LARGE', true, { message: `the response ${what}` });
    this.#refusal = { error };
    throw error;
  }

  async #wait(delay: Promise<void>): Promise<void> {
    const { clock } = this.client;
    const since = clock.monotonic();
    this.#delayedSince = since;
    try {
      await delay;
    } catch (error) {
      this.#refusal = { error };
      throw error;
    } finally {
      this.#delayedSince = undefined;
      this.#delayMs += clock.monotonic() - since;
    }
  }

  #explain(error: unknown): unknown {
    if (!this.#isReceived) {
      try {
        this.request.cancellation.throwIfAborted();
      } catch (reason) {
        return reason;
      }
      const wasCarriedOut = this.#status >= 200 && this.#status < 300;
      if (!this.#refusal) return this.#timedOut ? this.#timeout(wasCarriedOut) : transportError(error, wasCarriedOut);
    }
    const cause = this.#refusal ? this.#refusal.error : error;
    // Any status whose body is a protocol response is one; anything else failed below the protocol (protocol.md section 3).
    return cause instanceof InvalidResponseError ? this.#errorByStatus(cause) : cause;
  }

  #timeout(wasCarriedOut: boolean): TransportError {
    const { endpoint, timeoutMs } = this.request;
    const option = endpoint === 'bankcardocrapp' ? 'recognitionTimeoutMs' : 'attemptTimeoutMs';
    const message = `no response within ${timeoutMs} ms (${option})`;
    return new TransportError('TIMEOUT', true, { message }, wasCarriedOut);
  }

  #errorByStatus(why: InvalidResponseError): TransportError {
    const status = this.#status;
    const message = `HTTP ${status}, ${why.message}`;
    if (status === 429) {
      const retryAfterMs = readRetryAfterMs(this.#header?.('retry-after'));
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
    const code = why instanceof ResponseTooLargeError ? 'RESPONSE_TOO_LARGE' : 'RESPONSE_MALFORMED';
    return new TransportError(code, true, { message });
  }
}

function startOf(origin: string, request: VendorRequest): ExchangeStart {
  const { endpoint, pathAndQuery, body, secrets, attempt, generation } = request;
  const path = pathToShow(pathAndQuery, secrets);
  return { endpoint, method: body ? 'POST' : 'GET', origin, path, attempt, generation };
}

/** Shorter texts can be part of a path by chance. */
const LEAST_TELLING = 6;

/** A path without its query. A sibling's is the application's own: a value in it by mistake is not shown. */
export function pathToShow(pathAndQuery: string, secrets: readonly string[]): string {
  const queryAt = pathAndQuery.indexOf('?');
  const path = queryAt === -1 ? pathAndQuery : pathAndQuery.slice(0, queryAt);
  const isSecret = (segment: string, secret: string) => {
    return segment === secret || (secret.length >= LEAST_TELLING && segment.includes(secret));
  };
  if (!secrets.some((secret) => path.includes(secret))) return path;
  return path.replace(/[^/]+/g, (segment) => (secrets.some((one) => isSecret(segment, one)) ? '_' : segment));
}

/** Only the form in seconds: the other needs the vendor's clock. */
function readRetryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1_000 : undefined;
}
