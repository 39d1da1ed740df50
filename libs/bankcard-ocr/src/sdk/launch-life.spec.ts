import { launchLifeMs } from './sdk-launch.js';

const MINUTE = 60_000;
const fresh = { generationId: 'a', ageMs: MINUTE, dueInMs: 19 * MINUTE, remainingMs: 59 * MINUTE };

function life(ticketMs: number, status: Partial<typeof fresh>): number {
  return launchLifeMs({ ticketMs, generationId: 'a', status, ticketOverlapMs: MINUTE });
}

describe('how long a launch is good for', () => {
  it.each([
    ["is its ticket's life", 119_999.6, fresh, 120_000],
    ['is its own, though shorter', 30_000, fresh, 30_000],
    ['ends with the token', 120_000, { ...fresh, remainingMs: 45_000 }, 45_000],
    ['is an overlap from the next refresh on', 120_000, { ...fresh, dueInMs: 36_000 }, 35_000 + MINUTE],
    ['is an overlap when the refresh is due', 120_000, { ...fresh, dueInMs: 0 }, MINUTE],
    [
      'is what is left of the overlap when the token was replaced',
      120_000,
      { ...fresh, generationId: 'b', ageMs: 5_000 },
      55_000,
    ],
    ['is never less than nothing', -5, fresh, 0],
    ['is nothing when the token died long ago', 120_000, { ...fresh, generationId: 'b', ageMs: 2 * MINUTE }, 0],
    ['is nothing without credentials', 120_000, {}, 0],
  ])('%s', (_what, ticketMs, status, expected) => {
    expect(life(ticketMs, status)).toBe(expected);
  });
});
