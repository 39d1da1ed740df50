import { clockOffsetMs } from './connection.check.js';

const TOLD = 'Wed, 25 Nov 2026 08:00:00 GMT';
const TOLD_MS = Date.parse(TOLD);

describe('by how much a clock is ahead of the one that wrote a date', () => {
  it.each([
    ['right, in the middle of the second', 450, 550, TOLD, undefined, 0],
    ['ten minutes ahead', 600_450, 600_550, TOLD, undefined, 600_000],
    ['an hour behind', -3_599_500, -3_599_500, TOLD, undefined, -3_600_000],
    ['a slow answer counts by its middle', 0, 3_000, TOLD, undefined, 1_000],
    ['an answer that a cache has kept for 90 s', 90_500, 90_500, TOLD, '90', 0],
    ['an age that is none', 500, 500, TOLD, 'old', 0],
    ['no date', 0, 0, undefined, undefined, undefined],
    ['a date that is none', 0, 0, 'yesterday', undefined, undefined],
  ])('%s', (_what, askedMs, answeredMs, date, age, offset) => {
    expect(clockOffsetMs(TOLD_MS + askedMs, TOLD_MS + answeredMs, date, age)).toBe(offset);
  });
});
