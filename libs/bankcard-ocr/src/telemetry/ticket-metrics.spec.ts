import type { TicketEvent } from '../credentials/ticket-event.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type TicketCounts, TicketMetrics } from './ticket-metrics.js';

const generation = 7;
const error = new BankCardOcrError('NO_VALID_TICKET');
const failed = { attempt: 1, error, retryInMs: 1, repeated: true } as const;
const suspected = { ageMs: 1, remainingMs: 1, times: 1, repeated: true } as const;

function adopted(source: 'refresh' | 'store'): TicketEvent {
  return { type: 'credentials-updated', generation, generationId: 'id', source, remainingMs: 1 };
}

describe('the counts of the credentials', () => {
  it.each<[TicketEvent, keyof TicketCounts | undefined]>([
    [adopted('refresh'), 'refreshed'],
    [adopted('store'), 'adopted'],
    // What the log tells once is counted each time.
    [{ type: 'refresh-failed', reason: 'due', ...failed }, 'refreshFailed'],
    [{ type: 'store-failed', operation: 'read', error, repeated: true }, 'storeFailed'],
    [{ type: 'foreign-refresh-suspected', generation, ...suspected }, 'foreignRefreshSuspected'],
    [{ type: 'credentials-rejected', generation }, 'rejected'],
    [{ type: 'store-restored', generation }, 'writtenBack'],
    [{ type: 'refresh-conflict', generation }, 'suspect'],
    [{ type: 'refresh-started', reason: 'due', attempt: 1, forced: false }, undefined],
    [{ type: 'token-pending', generation }, undefined],
    [{ type: 'store-recovered' }, undefined],
    [{ type: 'secret-changed' }, undefined],
  ])('%j', (event, counted) => {
    const metrics = new TicketMetrics();
    const zero = metrics.counts;
    expect(new Set(Object.values(zero))).toEqual(new Set([0]));
    metrics.note(event);
    metrics.note(event);
    expect(metrics.counts).toEqual(counted ? { ...zero, [counted]: 2 } : zero);
    // What was read before does not change under whoever has it.
    expect(new Set(Object.values(zero))).toEqual(new Set([0]));
  });
});
