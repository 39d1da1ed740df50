import { ManualClock } from '../testing/manual-clock.js';
import { ForcedRefreshCooldown } from './forced-spacing.js';
import { RefreshCooldownError } from './refresh-too-soon.js';
import { aRecord } from './store/ticket-store.contract.js';

const OVERLAP_MS = 60_000;

let clock: ManualClock;
let spacing: ForcedRefreshCooldown;
beforeEach(() => {
  clock = new ManualClock();
  spacing = new ForcedRefreshCooldown(clock, OVERLAP_MS);
});

const forcedAt = (forcedAtMs: number | undefined) => aRecord(1, { forcedAtMs });

describe('forced refreshes', () => {
  it('may begin when none is known, or the last one is an overlap ago', () => {
    expect(() => spacing.check(undefined)).not.toThrow();
    expect(() => spacing.check(forcedAt(undefined))).not.toThrow();
    expect(() => spacing.check(forcedAt(clock.now() - OVERLAP_MS))).not.toThrow();
  });

  it('wait for the rest of the overlap after one of any process', () => {
    const tooSoon = () => spacing.check(forcedAt(clock.now() - 20_000));
    expect(tooSoon).toThrow(RefreshCooldownError);
    expect(tooSoon).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMs: 40_000 }));
  });

  it('wait after one of this process though the record has lost it', () => {
    expect(spacing.begin()).toBe(clock.now());
    clock.advance(OVERLAP_MS - 1);
    expect(() => spacing.check(undefined)).toThrow(expect.objectContaining({ retryAfterMs: 1 }));
    clock.advance(1);
    expect(() => spacing.check(undefined)).not.toThrow();
  });

  it('wait for the later of the two', () => {
    spacing.begin();
    clock.advance(50_000);
    expect(() => spacing.check(forcedAt(clock.now() - 10_000))).toThrow(
      expect.objectContaining({ retryAfterMs: 50_000 }),
    );
    expect(() => spacing.check(forcedAt(clock.now() - 55_000))).toThrow(
      expect.objectContaining({ retryAfterMs: 10_000 }),
    );
  });

  it('do not wait after one that did not take place', () => {
    spacing.begin();
    spacing.takeBack();
    expect(() => spacing.check(undefined)).not.toThrow();
    expect(spacing.latest(undefined)).toBeUndefined();
  });

  it('do not wait for a moment that lies in the future: the clock was set back', () => {
    expect(() => spacing.check(forcedAt(clock.now() + OVERLAP_MS))).not.toThrow();
  });

  it('are remembered for a record that has lost them: the latest of all that is known', () => {
    expect(spacing.latest(undefined)).toBeUndefined();
    spacing.note(forcedAt(clock.now() - 30_000));
    expect(spacing.latest(undefined)).toBe(clock.now() - 30_000);
    expect(spacing.latest(forcedAt(clock.now() - 40_000))).toBe(clock.now() - 30_000);
    expect(spacing.latest(forcedAt(clock.now() - 20_000))).toBe(clock.now() - 20_000);
    const beganAtMs = spacing.begin();
    clock.advance(5_000);
    expect(spacing.latest(undefined)).toBe(beganAtMs);
    clock.shiftWallClock(3_600_000);
    expect(spacing.latest(undefined)).toBe(beganAtMs + 3_600_000);
  });

  it('that another process has taken back are not remembered', () => {
    spacing.note(forcedAt(clock.now()));
    spacing.note(forcedAt(undefined));
    expect(spacing.latest(undefined)).toBeUndefined();
  });
});
