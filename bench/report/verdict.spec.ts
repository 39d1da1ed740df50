import type { Finding } from './finding.js';
import type { Goal } from './goals.js';
import { failed, judge } from './verdict.js';

const finding = (value?: number): Finding => ({ id: 'speed', what: 'speed', unit: 'x', value });
const goal = (test: Goal['test'], kind: Goal['kind'] = 'must'): Goal => ({
  id: 'speed',
  group: 'small',
  kind,
  test,
  value: 2,
});

describe('judge', () => {
  it.each([
    ['atMost', 2, 'met'],
    ['atMost', 2.01, 'missed'],
    ['atLeast', 2, 'met'],
    ['atLeast', 1.99, 'missed'],
    ['exactly', 2, 'met'],
    ['exactly', 1, 'missed'],
    ['atMost', undefined, 'unmeasured'],
    ['atMost', NaN, 'unmeasured'],
  ] as const)('%s 2, found %s: %s', (test, value, verdict) => {
    const verdicts = judge('small', [finding(value)], [goal(test)]);
    expect(verdicts).toMatchObject([{ group: 'small', verdict }]);
    expect(failed(verdicts)).toBe(verdict !== 'met');
  });

  it('does not fail a run for an aim', () => {
    const verdicts = judge('small', [finding(9)], [goal('atMost', 'aim')]);
    expect(verdicts).toMatchObject([{ verdict: 'missed' }]);
    expect(failed(verdicts)).toBe(false);
  });

  it('fails a run whose group did not find what a goal is about', () => {
    const verdicts = judge('small', [], [goal('atMost')]);
    expect(verdicts).toMatchObject([{ id: 'speed', verdict: 'unmeasured' }]);
    expect(failed(verdicts)).toBe(true);
  });

  it('leaves the goals of other groups alone, and figures without a goal', () => {
    const verdicts = judge('photos', [finding(9)], [goal('atMost')]);
    expect(verdicts).toMatchObject([{ verdict: 'info' }]);
    expect(failed(verdicts)).toBe(false);
  });
});
