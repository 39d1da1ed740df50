import type { ForeignRefreshSuspected, TicketEvent } from '../credentials/ticket-event.js';
import type { ExchangeRecord } from '../vendor/http/vendor-http-client.js';

/** Where log lines go; the `Logger` of @nestjs/common is one. */
export interface LogSink {
  debug(line: string): void;
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/**
 * One line for each exchange with the vendor: `debug` for what went well, `warn` for what did not.
 *
 * @param debugs whether anybody reads lines of the level `debug`: making one costs every query
 */
export function logExchange(log: LogSink, record: ExchangeRecord, debugs = true): void {
  const wentWell = record.outcome === 'OK' || record.outcome === 'ABORTED';
  if (wentWell && !debugs) return;
  const { endpoint, outcome, vendorCode, bizSeqNo, durationMs, attempt, generation } = record;
  const line =
    `${endpoint} ${outcome} code=${vendorCode ?? '-'} bizSeqNo=${bizSeqNo ?? '-'} ` +
    `duration=${durationMs}ms attempt=${attempt} generation=${generation ?? '-'}`;
  if (wentWell) log.debug(line);
  else log.warn(line);
}

/** The log lines of what happens to the credentials. A fault that stays the same is told once. */
export function logTicketEvent(log: LogSink, event: TicketEvent): void {
  switch (event.type) {
    case 'credentials-updated': {
      const how = event.source === 'refresh' ? 'refreshed' : 'taken from the store';
      log.log(`credentials ${how}: generation ${event.generation}, good for ${seconds(event.remainingMs)}`);
      break;
    }
    case 'refresh-started':
      log.debug(`refresh started, reason ${event.reason}, attempt ${event.attempt}`);
      break;
    case 'token-pending':
      log.debug(`token of generation ${event.generation} issued, its SIGN ticket is next`);
      break;
    case 'token-request-in-doubt':
      log.warn('the answer to a token request was lost; the previous credentials may die within the overlap');
      break;
    case 'pending-token-refused':
      log.warn(
        `the vendor refused the pending token of generation ${event.generation}, code=${event.vendorCode ?? '-'}`,
      );
      break;
    case 'refresh-failed':
      logFailure(log, event);
      break;
    case 'credentials-rejected':
      log.warn(`the vendor rejected generation ${event.generation}, code=${event.vendorCode ?? '-'}`);
      break;
    case 'store-failed':
      if (event.repeated) log.debug(event.error.message);
      else log.warn(`${event.error.message}; what is held is served to its end`);
      break;
    case 'store-recovered':
      log.log('the ticket store works again');
      break;
    case 'store-restored':
      log.warn(`the ticket store had lost generation ${event.generation}, which has been put back`);
      break;
    case 'refresh-conflict':
      log.warn('another process may have refreshed at the same time: one more refresh follows');
      break;
    case 'foreign-refresh-suspected':
      logForeignRefresh(log, event);
      break;
    case 'credentials-unreadable':
      log.warn('the stored credentials were encrypted with another store key, or not at all, and are not used');
      break;
    case 'secret-changed':
      log.warn('the stored credentials were made with another app secret and are not used');
      break;
  }
}

function logForeignRefresh(log: LogSink, event: ForeignRefreshSuspected): void {
  const { generation, vendorCode, ageMs, remainingMs, times } = event;
  const line =
    `foreignRefreshSuspected: the vendor rejected generation ${generation} after ${seconds(ageMs)} ` +
    `(code=${vendorCode ?? '-'}), ${seconds(remainingMs)} before its end, and no process that shares the ticket store ` +
    `has refreshed (${times} times since the start). Another program seems to refresh the same app id, which ends what ` +
    'everybody else holds a minute later: find it (an old service, another region or environment, a script), and let it ' +
    'read the SIGN ticket from the ticket store, or ask the vendor for an app id of its own';
  if (event.repeated) log.debug(line);
  else log.error(line);
}

function logFailure(log: LogSink, event: Extract<TicketEvent, { type: 'refresh-failed' }>): void {
  const { error, attempt, retryInMs, repeated } = event;
  const message = error.vendorMessage === undefined ? '' : ` (vendor: ${error.vendorMessage})`;
  const line = `refresh failed, attempt ${attempt}: ${error.message}${message}; next try in ${seconds(retryInMs)}`;
  if (repeated) log.debug(line);
  else if (error.actor === 'developer' || error.actor === 'business') log.error(`${line}. Somebody has to mend this`);
  else log.warn(line);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
