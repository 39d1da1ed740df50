import type { Clock } from '../clock.js';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { CodeRules } from '../errors/vendor-codes.js';
import { type Envelope, readEnvelope } from './answer/envelope.js';
import { type JsonObject, NotAnAnswer, readJsonAnswer } from './answer/json-answer.js';
import { vendorFailure } from './answer/vendor-failure.js';
import { collectBody } from './collect-body.js';
import type { ConnectionGate } from './connection-gate.js';
import type { ExchangeListener, ExchangeRecord } from './exchange-record.js';
import type { Transport, TransportAnswer } from './transport.js';
import { TransportFault, transportFault } from './transport-fault.js';

/** One GET to one of the vendor's endpoints. */
export interface ExchangeRequest {
  readonly endpoint: ExchangeRecord['endpoint'];
  /** The path of the endpoint, prefix included. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Those of the parameters' values that must not be shown, also when the vendor repeats them. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
  /** Ends the exchange; its reason is thrown as it is. */
  readonly signal: AbortSignal;
  /** Goes before the requests that wait for a connection. */
  readonly urgent?: boolean;
  readonly attempt: number;
  readonly generation?: number;
}

/** A successful answer. */
export interface ExchangeAnswer {
  readonly envelope: Envelope;
  readonly json: JsonObject;
  /** When the request was sent, on the monotonic clock and on the wall clock, in milliseconds. */
  readonly sentAt: { readonly monotonicMs: number; readonly epochMs: number };
}

/** What an {@link Exchange} needs. */
export interface ExchangeDependencies {
  readonly transport: Transport;
  readonly gate: ConnectionGate;
  readonly clock: Clock;
  readonly codeRules: CodeRules;
  readonly maxAnswerBytes: number;
  readonly onExchange: ExchangeListener;
}

/** The only place that talks to the vendor: one request, one answer, never repeated here, one record for the log. */
export class Exchange {
  constructor(private readonly dependencies: ExchangeDependencies) {}

  /** @throws {@link BankCardOcrError} for every way to fail, or the reason of `signal` */
  async get(request: ExchangeRequest): Promise<ExchangeAnswer> {
    const { clock, gate, onExchange } = this.dependencies;
    const leave = await gate.enter(request.signal, request.urgent ?? false);
    const startedAt = clock.monotonic();
    const record = { endpoint: request.endpoint, attempt: request.attempt, generation: request.generation };
    const durationMs = () => Math.round(clock.monotonic() - startedAt);
    try {
      const answer = await this.#limited(request);
      const { code, bizSeqNo } = answer.envelope;
      onExchange({ ...record, outcome: 'OK', vendorCode: code, bizSeqNo, durationMs: durationMs() });
      return answer;
    } catch (error) {
      const outcome = isBankCardOcrError(error) ? error : undefined;
      const { vendorCode, bizSeqNo } = outcome ?? {};
      onExchange({ ...record, outcome: outcome?.code ?? 'ABORTED', vendorCode, bizSeqNo, durationMs: durationMs() });
      throw error;
    } finally {
      leave();
    }
  }

  async #limited(request: ExchangeRequest): Promise<ExchangeAnswer> {
    const { clock } = this.dependencies;
    // Between its turn at the gate and this line the caller may have given up, and a signal tells that only once.
    request.signal.throwIfAborted();
    const controller = new AbortController();
    const onAbort = () => controller.abort();
    request.signal.addEventListener('abort', onAbort, { once: true });
    const timer = clock.setTimer(onAbort, request.timeoutMs);
    try {
      return await this.#send(request, controller.signal);
    } catch (error) {
      request.signal.throwIfAborted();
      if (isBankCardOcrError(error)) throw error;
      if (!controller.signal.aborted) throw transportFault(error);
      throw new TransportFault('TIMEOUT', true, {
        message: `no answer within ${request.timeoutMs} ms (attemptTimeoutMs)`,
      });
    } finally {
      timer.cancel();
      request.signal.removeEventListener('abort', onAbort);
    }
  }

  async #send(request: ExchangeRequest, signal: AbortSignal): Promise<ExchangeAnswer> {
    const { transport, clock, codeRules, maxAnswerBytes } = this.dependencies;
    const sentAt = { monotonicMs: clock.monotonic(), epochMs: clock.now() };
    const pathAndQuery = `${request.path}?${new URLSearchParams(request.parameters).toString()}`;
    const answer = await transport.get(pathAndQuery, signal, request.attempt > 1);
    const body = await collectBody(answer, maxAnswerBytes);
    const json = readProtocolAnswer(body, answer);
    const envelope = readEnvelope(json, request.secrets);
    if (envelope.code !== '0') throw vendorFailure(envelope, codeRules);
    return { envelope, json, sentAt };
  }
}

/** Any status whose body is a protocol answer is one; anything else is a failure of the transport (protocol.md section 3). */
function readProtocolAnswer(body: Buffer, answer: TransportAnswer): JsonObject {
  try {
    return readJsonAnswer(body);
  } catch (error) {
    if (error instanceof NotAnAnswer) throw faultByStatus(answer, error.message);
    throw error;
  }
}

function faultByStatus(answer: TransportAnswer, what: string): BankCardOcrError {
  const { status } = answer;
  const message = `HTTP ${status}, ${what}`;
  if (status === 429) {
    return new TransportFault('RATE_LIMITED', false, {
      message,
      retryAfterMs: retryAfterMs(answer.header('retry-after')),
    });
  }
  if (status >= 500 || status === 408) return new TransportFault('VENDOR_FAULT', true, { message });
  if (status >= 300) {
    const hint = `${message}: check baseUrl and paths`;
    return new TransportFault('ANSWER_MALFORMED', false, { message: hint, retryable: false });
  }
  return new TransportFault('ANSWER_MALFORMED', true, { message });
}

/** Only the form in seconds: the other needs the vendor's clock. */
function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1_000 : undefined;
}
