import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { CodeRules } from '../errors/vendor-codes.js';
import { AnswerIntake, type AnswerReader } from './answer-intake.js';
import { type Envelope, readEnvelope } from './answer/envelope.js';
import { type JsonObject, NotAnAnswer } from './answer/json-answer.js';
import { vendorFailure } from './answer/vendor-failure.js';
import { AttemptLimit } from './attempt-limit.js';
import type { ConnectionGate } from './connection-gate.js';
import type { ExchangeListener, ExchangeRecord } from './exchange-record.js';
import { faultByStatus } from './fault-by-status.js';
import type { Transport } from './transport.js';
import { TransportFault, transportFault } from './transport-fault.js';

/** One request to one of the vendor's endpoints. */
export interface ExchangeRequest {
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

  /**
   * @param reader takes the answer as it arrives
   * @throws {@link BankCardOcrError} for every way to fail, the reason of the cancellation, or what the reader throws
   */
  async send(request: ExchangeRequest, reader: AnswerReader): Promise<ExchangeAnswer> {
    const { clock, gate, onExchange } = this.dependencies;
    const turn = gate.enter(request.cancellation, request.urgent ?? false);
    if (turn) await turn;
    const startedAt = clock.monotonic();
    let told: Pick<ExchangeRecord, 'outcome' | 'vendorCode' | 'bizSeqNo'> = { outcome: 'ABORTED' };
    try {
      const answer = await this.#limited(request, reader);
      const { code, bizSeqNo } = answer.envelope;
      told = { outcome: 'OK', vendorCode: code, bizSeqNo };
      return answer;
    } catch (error) {
      if (isBankCardOcrError(error)) {
        const { code, vendorCode, bizSeqNo } = error;
        told = { outcome: code, vendorCode, bizSeqNo };
      }
      throw error;
    } finally {
      gate.leave();
      const { endpoint, attempt, generation } = request;
      const durationMs = Math.round(clock.monotonic() - startedAt);
      const { outcome, vendorCode, bizSeqNo } = told;
      onExchange({ endpoint, outcome, vendorCode, bizSeqNo, durationMs, attempt, generation });
    }
  }

  async #limited(request: ExchangeRequest, reader: AnswerReader): Promise<ExchangeAnswer> {
    const { transport, clock, codeRules, maxAnswerBytes } = this.dependencies;
    const { cancellation, pathAndQuery, body, attempt } = request;
    // Between its turn at the gate and this line the caller may have given up, and a cancellation tells that only once.
    cancellation.throwIfCancelled();
    const sentAt = { monotonicMs: clock.monotonic(), epochMs: clock.now() };
    const intake = new AnswerIntake(reader, maxAnswerBytes, clock);
    const method = body ? 'POST' : 'GET';
    // A connection that went stale while it was kept would leave open whether a POST, never repeated, was carried out.
    const freshConnection = attempt > 1 || body !== undefined;
    const call = transport.start({ method, pathAndQuery, body, freshConnection }, intake);
    const limit = new AttemptLimit(clock, request.timeoutMs, intake, () => call.abort());
    const forget = cancellation.onCancel(() => call.abort());
    try {
      await call.finished;
      const rest = intake.taken(cancellation);
      if (rest) await rest;
    } catch (error) {
      cancellation.throwIfCancelled();
      if (intake.failure) throw faultOfReader(intake.failure.error, intake);
      throw limit.reached ? timeout(request) : transportFault(error);
    } finally {
      limit.stop();
      forget();
    }
    const json = readToTheEnd(reader, intake);
    const envelope = readEnvelope(json, request.secrets);
    if (envelope.code !== '0') throw vendorFailure(envelope, codeRules);
    return { envelope, json, sentAt };
  }
}

/** Any status whose body is a protocol answer is one; anything else is a failure of the transport (protocol.md section 3). */
function readToTheEnd(reader: AnswerReader, intake: AnswerIntake): JsonObject {
  try {
    return reader.end();
  } catch (error) {
    throw faultOfReader(error, intake);
  }
}

function faultOfReader(error: unknown, intake: AnswerIntake): unknown {
  return error instanceof NotAnAnswer ? faultByStatus(intake, error.message) : error;
}

function timeout({ endpoint, timeoutMs }: ExchangeRequest): TransportFault {
  const option = endpoint === 'bankcardocrapp' ? 'recognitionTimeoutMs' : 'attemptTimeoutMs';
  return new TransportFault('TIMEOUT', true, { message: `no answer within ${timeoutMs} ms (${option})` });
}
