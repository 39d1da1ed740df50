import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { CodeRules } from '../errors/vendor-codes.js';
import type { AnswerReader } from './answer-intake.js';
import { type Envelope, readEnvelope } from './answer/envelope.js';
import type { JsonObject } from './answer/json-answer.js';
import { vendorFailure } from './answer/vendor-failure.js';
import type { ConnectionGate } from './connection-gate.js';
import type { ExchangeListener, ExchangeRecord } from './exchange-record.js';
import type { Transport } from './transport/transport.js';
import { SentRequest } from './sent-request.js';
import { TransportFault } from './transport-fault.js';

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
  /** Is told when the request leaves: from then on it may be carried out. */
  readonly onSend?: () => void;
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

/** Said of an answer that is none of the vendor's. */
const SHOWS_A_WRONG_SERVER: ReadonlySet<string> = new Set(['ANSWER_MALFORMED', 'ANSWER_TOO_LARGE', 'VENDOR_FAULT']);

/** The only place that talks to the vendor: one request, one answer, never repeated here, one record for the log. */
export class Exchange {
  constructor(private readonly dependencies: ExchangeDependencies) {}

  /**
   * @param reader takes the answer as it arrives
   * @throws {@link BankCardOcrError} for every way to fail, the reason of the cancellation, or what the reader throws
   */
  async send(request: ExchangeRequest, reader: AnswerReader): Promise<ExchangeAnswer> {
    const { clock, gate, transport, onExchange, codeRules } = this.dependencies;
    const { endpoint, attempt, generation, cancellation } = request;
    const turn = gate.enter(cancellation, request.urgent ?? false);
    if (turn) await turn;
    const startedAt = clock.monotonic();
    let told: Pick<ExchangeRecord, 'outcome' | 'vendorCode' | 'bizSeqNo'> = { outcome: 'ABORTED' };
    let sent: SentRequest | undefined;
    try {
      sent = new SentRequest(request, reader, this.dependencies);
      await sent.arrived;
      const rest = sent.rest();
      if (rest) await rest;
      const json = reader.end();
      const envelope = readEnvelope(json, request.secrets);
      const { code: vendorCode, bizSeqNo } = envelope;
      if (vendorCode !== '0') throw vendorFailure(envelope, codeRules);
      told = { outcome: 'OK', vendorCode, bizSeqNo };
      return { envelope, json, sentAt: sent.sentAt };
    } catch (error) {
      const failure = sent ? sent.failureFor(error) : error;
      if (failure instanceof TransportFault && SHOWS_A_WRONG_SERVER.has(failure.code)) transport.dropConnections();
      if (isBankCardOcrError(failure)) {
        const { code, vendorCode, bizSeqNo } = failure;
        told = { outcome: code, vendorCode, bizSeqNo };
      }
      throw failure;
    } finally {
      sent?.stop();
      gate.leave();
      const durationMs = Math.round(clock.monotonic() - startedAt);
      const { outcome, vendorCode, bizSeqNo } = told;
      onExchange({ endpoint, outcome, vendorCode, bizSeqNo, durationMs, attempt, generation });
    }
  }
}
