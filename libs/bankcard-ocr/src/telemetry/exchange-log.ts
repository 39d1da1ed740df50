import type { ExchangeRecord } from '../upstream/exchange-record.js';
import type { LogSink } from './log-sink.js';

/** One line for each exchange with the vendor: `debug` for what went well, `warn` for what did not. */
export function logExchange(log: LogSink, record: ExchangeRecord): void {
  const { endpoint, outcome, vendorCode, bizSeqNo, durationMs, attempt, generation } = record;
  const line =
    `${endpoint} ${outcome} code=${vendorCode ?? '-'} bizSeqNo=${bizSeqNo ?? '-'} ` +
    `duration=${durationMs}ms attempt=${attempt} generation=${generation ?? '-'}`;
  if (outcome === 'OK' || outcome === 'ABORTED') log.debug(line);
  else log.warn(line);
}
