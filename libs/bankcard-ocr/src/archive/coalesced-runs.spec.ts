import { setImmediate } from 'node:timers/promises';
import { CoalescedRuns } from './coalesced-runs.js';

/** Runs that end when they are told to. */
function heldRuns() {
  const begun: { readonly key: string; readonly end: (outcome: number | Error) => void }[] = [];
  const runs = new CoalescedRuns(
    (key) =>
      new Promise<number>((resolve, reject) => {
        begun.push({ key, end: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)) });
      }),
  );
  return { begun, runs };
}

describe('coalesced runs', () => {
  it('are shared by all who ask while one is under way, which began too early for them', async () => {
    const { begun, runs } = heldRuns();
    const asked = [runs.run('one'), runs.run('one'), runs.run('one')];
    await setImmediate();
    expect(begun).toHaveLength(1);
    begun[0]!.end(1);
    await setImmediate();
    expect(begun).toHaveLength(2);
    const late = runs.run('one');
    begun[1]!.end(2);
    expect(await Promise.all(asked)).toEqual([1, 2, 2]);
    await setImmediate();
    expect(begun).toHaveLength(3);
    begun[2]!.end(3);
    expect(await late).toBe(3);
    const again = runs.run('one');
    expect(begun).toHaveLength(4);
    begun[3]!.end(4);
    expect(await again).toBe(4);
  });

  it('of different keys do not wait for one another', () => {
    const { begun, runs } = heldRuns();
    void runs.run('one');
    void runs.run('other');
    expect(begun.map(({ key }) => key)).toEqual(['one', 'other']);
  });

  it('that fail are tried again for those who have asked since', async () => {
    const { begun, runs } = heldRuns();
    const [first, second] = [runs.run('one'), runs.run('one')];
    begun[0]!.end(new Error('EIO'));
    await expect(first).rejects.toThrow('EIO');
    await setImmediate();
    begun[1]!.end(2);
    expect(await second).toBe(2);
  });
});
