import { duration } from './text.js';

describe('a length of time, as people say it', () => {
  it.each([
    [0, '0 s', '0 秒'],
    [900, '1 s', '1 秒'],
    [119_000, '119 s', '119 秒'],
    [612_000, '10 min', '10 分钟'],
    [7_200_000, '2 h', '2 小时'],
    [90 * 86_400_000, '90 days', '90 天'],
    [-5, '0 s', '0 秒'],
  ])('%d ms', (ms, en, zh) => {
    expect(duration(ms)).toEqual({ en, zh });
  });
});
