import { alternate } from './alternate.js';
import { chiSquare } from './chi-square.js';
import { Comparison } from './comparison.js';
import { inFlight } from './in-flight.js';
import { longestStall } from './longest-stall.js';
import { median } from './median.js';
import { peakGrowth } from './peak-memory.js';

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[], NaN],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));
});

describe('Comparison', () => {
  it('takes ratios pair by pair, so that a slow moment of the machine does not count', () => {
    const comparison = new Comparison();
    for (const slowness of [1, 10, 3]) {
      comparison.add('ours', 2 * slowness);
      comparison.add('theirs', 4 * slowness);
    }
    expect(comparison.ratio('ours', 'theirs')).toBe(0.5);
    expect(comparison.cost('theirs')).toBe(12);
  });

  it('tells why a subject is missing', () => {
    const comparison = new Comparison();
    comparison.leaveOut('ours', new TypeError('no such function'));
    expect(() => comparison.cost('ours')).toThrow('TypeError: no such function');
    expect(() => comparison.cost('theirs')).toThrow('theirs was not measured');
  });
});

describe('alternate', () => {
  const spin = (turns: number) => (times: number) => {
    for (let turn = 0; turn < turns * times; turn += 1) Math.sqrt(turn);
  };

  it('finds that three times the work costs three times as much', async () => {
    // A clock that only the work moves, however busy this machine is.
    let now = 7;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const work = (ms: number) => (times: number) => void (now += ms * times);
    const subjects = [
      { name: 'one', run: work(0.25) },
      { name: 'three', run: work(0.75) },
    ];
    const found = await alternate(subjects, { rounds: 15, sliceMs: 10, cost: 'time', warmUp: 2 });
    clock.mockRestore();
    expect(found.ratio('three', 'one')).toBeCloseTo(3);
  });

  it('goes on without a subject that fails', async () => {
    const broken = { name: 'broken', run: () => Promise.reject(new Error('refused')) };
    const plan = { rounds: 1, sliceMs: 1, cost: 'cpu', warmUp: 1 } as const;
    const found = await alternate([broken, { name: 'works', run: spin(1_000) }], plan);
    expect(found.cost('works')).toBeGreaterThan(0);
    expect(() => found.cost('broken')).toThrow('refused');
  });
});

describe('inFlight', () => {
  it('runs every index once, with no more than so many at once', async () => {
    const seen: number[] = [];
    let [running, most] = [0, 0];
    await inFlight(20, 3, async (index) => {
      most = Math.max(most, (running += 1));
      await new Promise(setImmediate);
      running -= 1;
      seen.push(index);
    });
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(most).toBe(3);
  });
});

describe('chiSquare', () => {
  it.each([
    ['as often as each other', ['abab', 'baba'], 0],
    ['one twice as often', ['aab', 'aab'], 2 / 3],
    ['one never', ['aaaa'], 4],
    ['one that is none', ['ab', 'c'], Infinity],
  ])('letters: %s', (_, texts, expected) => expect(chiSquare(texts, 'ab')).toBeCloseTo(expected));
});

describe('peakGrowth', () => {
  it('sees memory that was given back before the end', async () => {
    const growth = await peakGrowth(async () => Buffer.alloc(64_000_000, 1).length);
    expect(growth).toBeGreaterThan(50_000_000);
    expect(growth).toBeLessThan(200_000_000);
  });
});

describe('longestStall', () => {
  /** Clocks that only stand still and jump, however busy this machine is. */
  async function stallOf(...pieces: readonly (readonly [elapsed: number, cpu: number])[]): Promise<number> {
    const now = { elapsed: 7, cpu: 3 };
    const work = async () => {
      for (const [elapsed, cpu] of pieces) {
        now.elapsed += elapsed;
        now.cpu += cpu;
        // A turn of the loop, in which the clocks are read.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    return longestStall(work, () => ({ ...now }));
  }

  it.each<[string, [number, number][], number]>([
    [
      'is the longest piece between two turns of the loop',
      [
        [5, 5],
        [60, 60],
        [20, 20],
      ],
      60,
    ],
    [
      'is not what another process took from the core',
      [
        [60, 10],
        [20, 20],
      ],
      20,
    ],
    [
      'is not what other threads took beside it',
      [
        [10, 60],
        [20, 20],
      ],
      20,
    ],
    ['is nothing while it waits', [[100, 0]], 0],
  ])('%s', async (_what, pieces, expected) => expect(await stallOf(...pieces)).toBe(expected));

  it('is measured by the clocks of the process', async () => {
    const stall = await longestStall(async () => {
      const startedAt = process.cpuUsage();
      while (process.cpuUsage(startedAt).user < 60_000);
    });
    expect(stall).toBeGreaterThan(40);
  });
});
