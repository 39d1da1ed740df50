import { EventEmitter } from 'node:events';
import { ManualClock } from '../testing/manual-clock.js';
import { LiveFeed, type LiveLine } from './live-feed.js';

/** A response that its client may leave. */
class Response extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const START: LiveLine = { type: 'start' };
const all = () => true;
const numbered = (number: number) => ({ account: null, number });

let clock: ManualClock;
let feed: LiveFeed;

beforeEach(() => {
  clock = new ManualClock();
  feed = new LiveFeed(clock, 2);
});

/** Everything that has come so far, as lines. */
function read(body: { read(): unknown }): LiveLine[] {
  const pieces: string[] = [];
  for (let piece = body.read(); piece !== null; piece = body.read()) pieces.push((piece as Buffer).toString());
  const lines = pieces.join('').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LiveLine);
}

describe('the live feed', () => {
  it('sends everything to a client that reads, in order', () => {
    const body = feed.connect(new Response(), START, all);
    for (let number = 1; number <= 1_000; number += 1) {
      feed.publish('exchange', numbered(number));
      expect(read(body).at(-1)).toEqual({ type: 'exchange', ...numbered(number) });
    }
  });

  it('drops the oldest lines of a client that does not read, and sends it how many', () => {
    const slow = feed.connect(new Response(), START, all);
    const quick = feed.connect(new Response(), START, all);
    const most = 5_000;
    let taken = 0;
    for (let number = 1; number <= most; number += 1) {
      feed.publish('exchange', numbered(number));
      taken += read(quick).filter(({ type }) => type === 'exchange').length;
    }
    expect(taken).toBe(most);
    const late = read(slow);
    const dropped = late.filter(({ type }) => type === 'dropped');
    expect(dropped).toHaveLength(1);
    const exchanges = late.filter(({ type }) => type === 'exchange');
    expect(exchanges.length + Number(dropped[0]!['count'])).toBe(most);
    // What waited is bounded: what the stream buffers, and 256 lines.
    expect(exchanges.length).toBeLessThan(1_500);
    expect(exchanges.at(-1)).toMatchObject(numbered(most));
  });

  it('sends a client only the accounts that it wants to know about', () => {
    const body = feed.connect(new Response(), START, (account) => account === 'loans');
    feed.publish('credentials', { account: null });
    feed.publish('credentials', { account: 'loans' });
    expect(read(body)).toEqual([START, { type: 'credentials', account: 'loans' }]);
  });

  it('sends a line every 15 s to show that it is alive, and sets no timer without clients', () => {
    const response = new Response();
    const body = feed.connect(response, START, all);
    read(body);
    clock.advance(15_000);
    expect(read(body)).toEqual([{ type: 'alive', at: new Date(clock.now()).toISOString() }]);
    clock.advance(15_000);
    expect(read(body)).toHaveLength(1);
    response.destroy();
    expect([feed.size, clock.pendingTimers]).toEqual([0, 0]);
    feed.connect(new Response(), START, all);
    expect(clock.pendingTimers).toBe(1);
  });

  it('is full when there are as many clients as it may have', () => {
    const responses = [new Response(), new Response()];
    for (const response of responses) feed.connect(response, START, all);
    expect(feed.isFull).toBe(true);
    responses[0]!.destroy();
    expect(feed.isFull).toBe(false);
  });

  it('has no place for a client that has left before it came', () => {
    const response = new Response();
    response.destroy();
    expect(feed.connect(response, START, all).destroyed).toBe(true);
    expect([feed.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('ends with a last line, and waits 1 s for those that do not take it', async () => {
    const [prompt, stuck] = [new Response(), new Response()];
    const body = feed.connect(prompt, START, all).on('end', () => prompt.destroy());
    feed.connect(stuck, START, all);
    const seen: string[] = [];
    body.on('data', (piece: Buffer) => seen.push(String(piece)));
    let hasEnded = false;
    const ended = feed.end().then(() => (hasEnded = true));
    await new Promise(setImmediate);
    expect(JSON.parse(seen.join('').trim().split('\n').at(-1)!)).toEqual({ type: 'end', reason: 'shutdown' });
    expect([prompt.destroyed, stuck.destroyed, hasEnded]).toEqual([true, false, false]);
    clock.advance(1_000);
    await ended;
    expect([stuck.destroyed, feed.isEnded, clock.pendingTimers]).toEqual([true, true, 0]);
  });
});
