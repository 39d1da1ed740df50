import { inspect } from 'node:util';
import type { ForeignRefreshSuspected, TicketEvent } from '../credentials/ticket-event.js';
import type { ExchangeRecord } from '../vendor/http/vendor-http-client.js';

/** Where log lines go; the `Logger` of @nestjs/common is one. */
export interface LogSink {
  debug(line: string | ExchangeLine): void;
  log(line: string): void;
  warn(line: string | ExchangeLine): void;
  error(line: string): void;
}

/** An exchange that has nothing to tell an operator is logged at the level `debug`. */
export function isUneventful(outcome: ExchangeRecord['outcome']): boolean {
  return outcome === 'OK' || outcome === 'ABORTED';
}

export function logExchange(log: LogSink, record: ExchangeRecord): void {
  const line = new ExchangeLine(record);
  if (isUneventful(record.outcome)) log.debug(line);
  else log.warn(line);
}

/**
 * The log line of one exchange with Tencent. Loggers that write JSON (nestjs-pino, winston, Nest's with `json: true`) get its
 * members as fields, and those that write text get one line.
 */
export class ExchangeLine {
  /** The same as text: where pino has its message. */
  readonly msg: string;
  readonly endpoint: string;
  readonly outcome: string;
  readonly vendorCode?: string;
  readonly bizSeqNo?: string;
  readonly durationMs: number;
  readonly attempt: number;
  readonly generation?: number;
  /** The order, as `OcrResultService.orderReference()` returns it. */
  readonly orderRef?: string;

  constructor({ endpoint, outcome, vendorCode, bizSeqNo, durationMs, attempt, generation, orderRef }: ExchangeRecord) {
    const order = orderRef?.();
    this.msg =
      `${endpoint} ${outcome} code=${vendorCode ?? '-'} bizSeqNo=${bizSeqNo ?? '-'} ` +
      `duration=${durationMs}ms attempt=${attempt} generation=${generation ?? '-'}` +
      (order === undefined ? '' : ` orderRef=${order}`);
    this.endpoint = endpoint;
    this.outcome = outcome;
    if (vendorCode !== undefined) this.vendorCode = vendorCode;
    if (bizSeqNo !== undefined) this.bizSeqNo = bizSeqNo;
    this.durationMs = durationMs;
    this.attempt = attempt;
    if (generation !== undefined) this.generation = generation;
    if (order !== undefined) this.orderRef = order;
  }

  /** Where winston has its message. */
  get message(): string {
    return this.msg;
  }

  toString(): string {
    return this.msg;
  }

  [inspect.custom](): string {
    return this.msg;
  }
}

type Line = readonly [level: keyof LogSink, line: string];

const LINES: { readonly [T in TicketEvent['type']]: (event: Extract<TicketEvent, { type: T }>) => Line } = {
  'credentials-updated': ({ source, generation, remainingMs }) => {
    const how = source === 'refresh' ? 'refreshed' : 'taken from the store';
    return ['log', `credentials ${how}: generation ${generation}, good for ${seconds(remainingMs)}`];
  },
  'refresh-started': ({ reason, attempt }) => ['debug', `refresh started, reason ${reason}, attempt ${attempt}`],
  'token-pending': ({ generation }) => ['debug', `token of generation ${generation} issued, its SIGN ticket is next`],
  'token-request-in-doubt': () => [
    'warn',
    'the response to a token request was lost; the previous credentials may expire within the overlap',
  ],
  'pending-token-refused': (event) => ['warn', `Tencent refused the pending token of ${rejection(event)}`],
  'refresh-failed': failureLine,
  'credentials-rejected': (event) => ['warn', `Tencent rejected ${rejection(event)}`],
  'store-failed': ({ error, repeated }) => [
    'warn',
    repeated ? error.message : `${error.message}; the cached credentials are used until they expire`,
  ],
  'store-recovered': () => ['log', 'the ticket store works again'],
  'store-restored': ({ generation }) => ['warn', `the ticket store had lost generation ${generation}, it was restored`],
  'refresh-conflict': () => ['warn', 'another process may have refreshed at the same time: one more refresh follows'],
  'foreign-refresh-suspected': (event) => ['error', foreignRefreshLine(event)],
  'credentials-unreadable': () => [
    'warn',
    'the stored credentials were encrypted with another store key, or not at all, and are not used',
  ],
  'secret-changed': () => ['warn', 'the stored credentials were made with another app secret and are not used'],
};

/** Log what happens to the credentials. A fault that stays the same is logged in full once. */
export function logTicketEvent(log: LogSink, event: TicketEvent): void {
  const [level, line] = LINES[event.type](event as never);
  const isRepeated = 'repeated' in event && event.repeated;
  log[isRepeated ? 'debug' : level](line);
}

function rejection({ generation, vendorCode }: { generation: number; vendorCode?: string | undefined }): string {
  return `generation ${generation}, code=${vendorCode ?? '-'}`;
}

function foreignRefreshLine({ generation, vendorCode, ageMs, remainingMs, times }: ForeignRefreshSuspected): string {
  return (
    `foreignRefreshSuspected: Tencent rejected generation ${generation} after ${seconds(ageMs)} ` +
    `(code=${vendorCode ?? '-'}), ${seconds(remainingMs)} before it expires, and no process that shares the ticket store ` +
    `has refreshed (${times} times since startup). Another program seems to refresh the same app id, which invalidates ` +
    'these credentials a minute later: find it (an old service, another region or environment, a script), and let it ' +
    'read the SIGN ticket from the ticket store, or ask Tencent for an app id of its own'
  );
}

function failureLine(event: Extract<TicketEvent, { type: 'refresh-failed' }>): Line {
  const { error, attempt, retryInMs, repeated } = event;
  const message = error.vendorMessage === undefined ? '' : ` (vendor: ${error.vendorMessage})`;
  const line = `refresh failed, attempt ${attempt}: ${error.message}${message}; next try in ${seconds(retryInMs)}`;
  const needsFix = !repeated && (error.actor === 'developer' || error.actor === 'business');
  return needsFix ? ['error', `${line}. Retries will not fix this`] : ['warn', line];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
