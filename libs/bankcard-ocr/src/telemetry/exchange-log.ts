import type { ExchangeRecord } from '../upstream/exchange-record.js';
import type { LogSink } from './log-sink.js';

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
