import { EventLoopShare } from './event-loop-share.js';

const KILOBYTE = 1_024;

/** Responses that process as much as they may, 64 KB at a time, and note who did it in which turn of the event loop. */
async function run(names: readonly string[], pieces: number): Promise<string[][]> {
  const share = new EventLoopShare();
  const turns: string[][] = [[]];
  let isOver = false;
  const nextTurn = (): void => {
    if (isOver) return;
    turns.push([]);
    setImmediate(nextTurn);
  };
  setImmediate(nextTurn);
  const receive = async (name: string): Promise<void> => {
    for (let piece = 0; piece < pieces; piece += 1) {
      turns.at(-1)!.push(name);
      const wait = share.use(64 * KILOBYTE);
      if (wait) await wait;
    }
  };
  await Promise.all(names.map(receive));
  isOver = true;
  return turns.filter((turn) => turn.length > 0);
}

describe('the share of large responses in a turn of the event loop', () => {
  it('is 256 KB for one of them', async () => {
    expect((await run(['a'], 10)).map((turn) => turn.length)).toEqual([4, 4, 2]);
  });

  it('is no more for ten of them together, one piece each at the beginning aside', async () => {
    const names = [...'abcdefghij'];
    const [first = [], ...others] = await run(names, 40);
    expect(first.length).toBeLessThanOrEqual(4 + names.length);
    expect(Math.max(...others.map((turn) => turn.length))).toBeLessThanOrEqual(4);
  });

  it('goes to each of them in turn, so that none waits for the end of another', async () => {
    const names = [...'abc'];
    const turns = await run(names, 40);
    const inTurn = turns.slice(1, -3).map((turn) => new Set(turn));
    for (let at = 0; at + names.length <= inTurn.length; at += names.length) {
      const seen = inTurn.slice(at, at + names.length).flatMap((turn) => [...turn]);
      expect(new Set(seen).size).toBe(names.length);
    }
  });

  it('lets small pieces pass while nothing is used up', () => {
    const share = new EventLoopShare();
    expect(share.use(10)).toBeUndefined();
    expect(share.use(255 * KILOBYTE)).toBeUndefined();
    expect(share.use(KILOBYTE)).toBeInstanceOf(Promise);
  });

  it('comes again while the timers of a test are fake', async () => {
    const share = new EventLoopShare();
    jest.useFakeTimers();
    try {
      await share.use(256 * KILOBYTE);
      expect(share.use(KILOBYTE)).toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });
});
