import { CHINA_OFFSET_MS, chinaMidnightMs } from './clock.js';

describe('the midnight of a day in China', () => {
  it('is that of Date.UTC, eight hours earlier, for each day of four centuries', () => {
    const wrong: string[] = [];
    for (let at = Date.UTC(1799, 0, 1); at < Date.UTC(2201, 0, 1); at += 86_400_000) {
      const day = new Date(at);
      const midnight = chinaMidnightMs(day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate());
      if (midnight !== at - CHINA_OFFSET_MS) wrong.push(day.toISOString());
    }
    expect(wrong).toEqual([]);
  });

  it('takes a 13th month for January of the next year', () => {
    expect(chinaMidnightMs(2026, 13, 1)).toBe(Date.parse('2027-01-01T00:00:00+08:00'));
  });
});
