import { clockOffsetMs } from './connection.check.js';

const TOLD = 'Wed, 25 Nov 2026 08:00:00 GMT';
const TOLD_MS = Date.parse(TOLD);

describe('by how much a clock is ahead of the one that wrote a date', () => {
  it.each([
    ['right, in the middle of the second', 450, 550, TOLD, 0],
    ['ten minutes ahead', 600_450, 600_550, TOLD, 600_000],
    ['an hour behind', -3_599_500, -3_599_500, TOLD, -3_600_000],
    ['a slow answer counts by its middle', 0, 3_000, TOLD, 1_000],
    ['no date', 0, 0, undefined, undefined],
    ['a date that is none', 0, 0, 'yesterday', undefined],
  ])('%s', (_what, askedMs, answeredMs, date, offset) => {
    expect(clockOffsetMs(TOLD_MS + askedMs, TOLD_MS + answeredMs, date)).toBe(offset);
  });
});
