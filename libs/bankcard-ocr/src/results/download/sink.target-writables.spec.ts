import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Transform, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { SinkFailure, SinkTarget } from './sink.target.js';
import { expectNoErrorUnheard } from './unheard-errors.test-support.js';

const PIECE = Buffer.alloc(1_000, 7);

/** One that has begun: its sink is open, and has been given the first piece. */
async function begun(writable: Writable): Promise<SinkTarget> {
  const target = new SinkTarget(() => writable);
  await target.write(PIECE);
  return target;
}

/** Takes a piece when it is told to. */
class SlowWritable extends Writable {
  readonly taken: (() => void)[] = [];

  constructor(highWaterMark = 1) {
    super({ highWaterMark });
  }

  override _write(_bytes: Buffer, _encoding: string, callback: () => void): void {
    this.taken.push(callback);
  }
}

async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  let settled = false;
  promise?.finally(() => (settled = true)).catch(() => undefined);
  await setImmediate();
  return settled;
}

function listenersOf(stream: Writable): number {
  return stream.eventNames().reduce((count, name) => count + stream.listenerCount(name), 0);
}

const takeIt = (_bytes: unknown, _encoding: string, callback: () => void) => callback();

async function failureOf(promise: Promise<unknown> | undefined): Promise<SinkFailure> {
  try {
    await promise;
  } catch (error) {
    return error as SinkFailure;
  }
  throw new Error('it did not fail');
}

expectNoErrorUnheard();

describe('a Writable that works', () => {
  it('is written to without a pause while it wants more, and with one when it does not', async () => {
    const writable = new SlowWritable(2_500);
    const stream = await begun(writable);
    expect(stream.write(PIECE)).toBeUndefined();
    const held = stream.write(PIECE);
    expect(await isSettled(held)).toBe(false);
    expect(writable.writableLength).toBe(3_000);
    for (let piece = 0; piece < 2; piece += 1) writable.taken[piece]!();
    expect(await isSettled(held)).toBe(false);
    writable.taken[2]!();
    await held;
  });

  it('has ended when it says that it has finished', async () => {
    const writable = new SlowWritable(2_500);
    const stream = await begun(writable);
    const ended = stream.end();
    expect(await isSettled(ended)).toBe(false);
    writable.taken[0]!();
    await ended;
    expect(writable.writableFinished).toBe(true);
  });

  it('has ended when it has closed, if it closes itself: a file is durable only then', async () => {
    let close: (() => void) | undefined;
    const writable = new Writable({
      write: (_bytes, _encoding, callback) => callback(),
      destroy: (_error, callback) => (close = () => callback(null)),
    });
    const ended = (await begun(writable)).end();
    expect(await isSettled(ended)).toBe(false);
    expect(writable.writableFinished).toBe(true);
    close!();
    await ended;
  });

  it('need not have been read: a PassThrough is done when it has taken everything', async () => {
    const writable = new PassThrough();
    await (await begun(writable)).end();
    expect(await buffer(writable)).toEqual(PIECE);
  });

  it('gets no more listeners however much is written', async () => {
    const writable = new SlowWritable();
    const stream = new SinkTarget(() => writable);
    void stream.write(PIECE);
    await setImmediate();
    const before = listenersOf(writable);
    for (let piece = 0; piece < 50; piece += 1) {
      const held = stream.write(PIECE);
      writable.taken.pop()!();
      await held;
    }
    expect(listenersOf(writable)).toBe(before);
  });

  it('is left alone when it is abandoned too late', async () => {
    const writable = new PassThrough();
    const stream = await begun(writable);
    await stream.end();
    stream.abandon(new Error('too late'));
    expect(writable.destroyed).toBe(false);
  });

  it('may be the response of a server', async () => {
    const photo = Buffer.alloc(3_000_000, 3);
    const server = createServer((_request, response) => {
      void (async () => {
        const stream = new SinkTarget(() => response);
        for (let at = 0; at < photo.length; at += 50_000) await stream.write(photo.subarray(at, at + 50_000));
        await stream.end();
      })();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(photo.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
    server.close().closeAllConnections();
  });
});

describe('a Writable that fails', () => {
  const boom = Object.assign(new Error('disk full'), { code: 'ENOSPC' });
  const failing = new Map<string, () => Writable>([
    ['calls back with an error', () => new Writable({ write: (_bytes, _encoding, callback) => callback(boom) })],
    [
      'calls back with an error later',
      () => new Writable({ highWaterMark: 1, write: (_bytes, _encoding, callback) => setTimeout(callback, 5, boom) }),
    ],
    [
      'throws',
      () =>
        new Writable({
          write() {
            throw boom;
          },
        }),
    ],
    ['is destroyed while it writes', () => new Writable({ write: () => destroyNext(boom) })],
    ['fails at the end', () => new Writable({ write: takeIt, final: (callback) => callback(boom) })],
    ['fails when it closes', () => new Writable({ write: takeIt, destroy: (_error, callback) => callback(boom) })],
    ['transforms what it cannot', () => new Transform({ transform: (_bytes, _encoding, callback) => callback(boom) })],
    ['says it without an event for its end', () => new Writable({ emitClose: false, write: () => destroyNext(boom) })],
  ]);
  let latest: Writable;
  const destroyNext = (error: Error) => void setImmediate().then(() => latest.destroy(error));

  it.each([...failing])('%s: its own error comes, and no other', async (_how, create) => {
    latest = create();
    const stream = new SinkTarget(() => latest);
    const failure = await failureOf(
      (async () => {
        for (let piece = 0; piece < 100; piece += 1) await stream.write(PIECE);
        await stream.end();
      })(),
    );
    expect(failure).toBeInstanceOf(SinkFailure);
    expect(failure.cause).toBe(boom);
    await setImmediate();
    expect(latest.destroyed).toBe(true);
    // Whatever is asked of it afterwards.
    expect((await failureOf(stream.write(PIECE))).cause).toBe(boom);
    expect((await failureOf(stream.end())).cause).toBe(boom);
  });

  it.each<[string, boolean, (writable: Writable) => void]>([
    ['failed', true, (writable) => writable.destroy(boom)],
    ['failed without telling', false, (writable) => writable.destroy(boom)],
  ])('it %s between two pieces', async (_how, emitClose, act) => {
    const writable = new Writable({ emitClose, write: takeIt });
    const stream = await begun(writable);
    act(writable);
    expect((await failureOf(stream.write(PIECE))).cause).toBe(boom);
    await setImmediate();
    expect((await failureOf(stream.end())).cause).toBe(boom);
  });

  it.each<[string, boolean, (writable: Writable) => void]>([
    ['closed', true, (writable) => writable.destroy()],
    ['closed without telling', false, (writable) => writable.destroy()],
    ['ended', true, (writable) => writable.end()],
  ])('it was %s by somebody else before the photo was complete', async (_how, emitClose, act) => {
    for (const look of ['write', 'end'] as const) {
      const writable = new Writable({ emitClose, write: takeIt });
      const stream = await begun(writable);
      act(writable);
      await setImmediate();
      const failure = await failureOf(look === 'write' ? stream.write(PIECE) : stream.end());
      expect(failure).toBeInstanceOf(SinkFailure);
      expect((failure.cause as NodeJS.ErrnoException).code).toMatch(/ERR_STREAM_(PREMATURE_CLOSE|WRITE_AFTER_END)/);
    }
  });

  it('is a client that hangs up on the response of a server', async () => {
    let failure: Promise<SinkFailure> | undefined;
    const server = createServer((_request, response) => {
      const stream = new SinkTarget(() => response);
      failure = failureOf(
        (async () => {
          for (let piece = 0; piece < 1_000; piece += 1) await stream.write(Buffer.alloc(100_000));
          await stream.end();
        })(),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = request({ port: (server.address() as AddressInfo).port }).on('error', () => undefined);
    client.end();
    await once(client, 'response');
    client.destroy();
    expect((await failure)?.cause).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    server.close().closeAllConnections();
  });
});

describe('abandoning a Writable', () => {
  it('destroys it and ends the wait, with the same reason', async () => {
    for (const wait of ['write', 'end'] as const) {
      const writable = new SlowWritable(1_500);
      const told = once(writable, 'error');
      const stream = await begun(writable);
      const held = wait === 'write' ? stream.write(PIECE) : stream.end();
      const reason = new Error('the answer broke off');
      stream.abandon(reason);
      expect(await failureOf(held)).toBe(reason);
      expect(await told).toEqual([reason]);
      expect(writable.destroyed).toBe(true);
    }
  });

  it('does no harm when nobody listens to its errors, early or late', async () => {
    const writable = new Writable({ write: takeIt, destroy: (error, callback) => setTimeout(callback, 5, error) });
    (await begun(writable)).abandon(new Error('the answer broke off'));
    await new Promise((resolve) => writable.once('close', resolve));
  });
});

describe('what is no fresh Writable', () => {
  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a path', () => '/tmp/photo.jpg'],
    ['a WritableStream of the web', () => new WritableStream()],
    ['one that has ended', () => new PassThrough().end()],
    ['one that is destroyed', () => new PassThrough().destroy()],
  ])('is refused: %s', async (_what, create) => {
    const { cause } = await failureOf(begun(create() as Writable));
    expect(cause).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is refused with the error that it has failed with', async () => {
    const error = new Error('no such bucket');
    const writable = new PassThrough().on('error', () => undefined).destroy(error);
    expect((await failureOf(begun(writable))).cause).toBe(error);
  });
});
