import assert from 'node:assert/strict';
import type { ArchiveJob, ArchiveQueue, DeadLetter, QueuedOrder } from './archive-queue.js';
import type { ContractCase } from './archive-stores.contract.js';

/** Makes queues on one place; the contract opens and closes them. */
type Make = () => Promise<ArchiveQueue>;
type Open = (scope?: string) => Promise<ArchiveQueue>;

/**
 * What every {@link ArchiveQueue} must do, as cases for any test runner. All of them need a few seconds.
 * @param makeEmpty is called once a case: prepares an empty place, and returns a function that makes queues on it, each as
 *   another process would
 * @example
 * for (const { name, run } of archiveQueueContract(async () => {
 *   const directory = mkdtempSync(join(tmpdir(), 'queue-'));
 *   return async () => new DirectoryArchiveQueue(directory);
 * })) it(name, run);
 */
export function archiveQueueContract(makeEmpty: () => Promise<Make>): ContractCase[] {
  return Object.entries(CASES).map(([name, check]) => ({
    name,
    run: async () => {
      const make = await makeEmpty();
      const opened: ArchiveQueue[] = [];
      try {
        await check(async (scope = 'scope1') => {
          const queue = await make();
          opened.push(queue);
          await queue.open(scope);
          return queue;
        });
      } finally {
        await Promise.all(opened.map(async (queue) => queue.close()));
      }
    },
  }));
}

const START_MS = Date.UTC(2026, 0, 1);
/** Clocks count in milliseconds, and not from the same moment. */
const TOLERANCE_MS = 5;

/** @param number also the seconds after the first one at which its card was recognized */
function order(number: number): QueuedOrder {
  return {
    id: `a${String(number).padStart(63, '0')}`,
    data: Buffer.from(`sealed ${number}`).toString('base64'),
    recognizedAt: new Date(START_MS + number * 1_000),
  };
}

async function next(queue: ArchiveQueue): Promise<ArchiveJob> {
  const job = await queue.take(new AbortController().signal);
  assert.ok(job, 'take() has returned nothing, and was not aborted');
  return job;
}

async function letters(queue: ArchiveQueue): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of queue.deadLetters()) found.push(letter);
  return found;
}

/** What comes next is this order: nothing else is due. */
async function assertNext(queue: ArchiveQueue, number: number): Promise<void> {
  await queue.add(order(number));
  const job = await next(queue);
  assert.equal(job.id, order(number).id, 'an order was given out that must not be');
  await job.finish();
}

const CASES: Readonly<Record<string, (open: Open) => Promise<void>>> = {
  'has nothing at first': async (open) => {
    const queue = await open();
    assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, dead: 0, oldestWaitingMs: 0 });
    assert.deepEqual(await letters(queue), []);
    assert.equal(await queue.revive(order(1).id), false);
    assert.equal(await queue.discard(order(1).id), false);
    assert.equal(await queue.take(AbortSignal.abort()), undefined);
  },

  'gives out what was added, as it was, in its order': async (open) => {
    const queue = await open();
    for (const number of [1, 2, 3]) assert.equal(await queue.add(order(number)), 'added');
    const other = await open();
    for (const number of [1, 2, 3]) {
      const { id, data, recognizedAt, attempts, signal, ...job } = await next(other);
      assert.deepEqual({ id, data, recognizedAt, attempts }, { ...order(number), attempts: 0 });
      assert.equal(signal.aborted, false);
      await job.finish();
    }
    assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, dead: 0, oldestWaitingMs: 0 });
  },

  'adds an order once, until it is finished': async (open) => {
    const [queue, other] = [await open(), await open()];
    const outcomes = await Promise.all([queue, other].map(async (one) => one.add(order(1))));
    assert.deepEqual(outcomes.toSorted(), ['added', 'queued']);
    assert.equal(await other.add(order(1)), 'queued');
    const job = await next(queue);
    assert.equal(await other.add(order(1)), 'queued');
    await job.release(3_600_000, 1);
    assert.equal(await other.add(order(1)), 'queued');
    assert.equal((await queue.counts()).waiting, 1);
    await assertNext(queue, 2);
    assert.equal(await other.add(order(2)), 'added');
  },

  'gives each order to one worker only': async (open) => {
    const queues = [await open(), await open(), await open(), await open()];
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(numbers.map(async (number) => queues[number % 4]!.add(order(number))));
    const taken: string[] = [];
    const enough = new AbortController();
    await Promise.all(
      queues.map(async (queue) => {
        for (;;) {
          const job = await queue.take(enough.signal);
          if (!job) return;
          taken.push(job.id);
          if (taken.length === numbers.length) enough.abort();
        }
      }),
    );
    assert.deepEqual(
      taken.toSorted(),
      numbers.map((number) => order(number).id),
    );
    assert.equal((await queues[0]!.counts()).active, numbers.length);
  },

  'wakes a worker that waits, and lets go of one that stops waiting': async (open) => {
    const [worker, other] = [await open(), await open()];
    const stopped = new AbortController();
    const stops = worker.take(stopped.signal);
    stopped.abort();
    assert.equal(await stops, undefined);
    const waits = next(worker);
    await other.add(order(1));
    await (await waits).finish();
    assert.equal(await worker.add(order(1)), 'added');
  },

  'gives an order that was released to another worker, with its attempts': async (open) => {
    const [queue, other] = [await open(), await open()];
    await queue.add(order(1));
    await (await next(queue)).release(0, 0);
    const second = await next(other);
    assert.equal(second.attempts, 0);
    const startedAt = performance.now();
    await second.release(300, 3);
    await assertNext(queue, 2);
    const third = await next(queue);
    assert.ok(performance.now() - startedAt >= 300 - TOLERANCE_MS, 'the order came back too early');
    assert.deepEqual([third.id, third.data, third.attempts], [order(1).id, order(1).data, 3]);
  },

  'has no effect on an order that another worker has by now': async (open) => {
    const [queue, other] = [await open(), await open()];
    await queue.add(order(1));
    const first = await next(queue);
    await first.release(0, 0);
    const second = await next(other);
    await first.finish();
    await first.bury('RESULT_GONE');
    await first.release(0, 5);
    const { waiting, active, dead } = await queue.counts();
    assert.deepEqual({ waiting, active, dead }, { waiting: 0, active: 1, dead: 0 });
    await second.release(0, 0);
    const third = await next(other);
    await second.finish();
    assert.equal((await queue.counts()).active, 1);
    await third.finish();
    assert.equal((await queue.counts()).active, 0);
  },

  'keeps dead letters, which no worker gets, until they are revived or discarded': async (open) => {
    const [queue, other] = [await open(), await open()];
    const before = Date.now();
    await queue.add(order(1));
    await (await next(queue)).bury('RESULT_GONE');
    assert.equal(await other.add(order(1)), 'dead');
    await assertNext(queue, 2);
    const [letter, ...more] = await letters(other);
    assert.ok(letter && more.length === 0);
    const { diedAt, reason, id, data, recognizedAt } = letter;
    assert.deepEqual({ id, data, recognizedAt, reason }, { ...order(1), reason: 'RESULT_GONE' });
    assert.ok(diedAt.getTime() >= before - 60_000, 'the time of its death is not that');
    assert.equal(await other.revive(id), true);
    assert.equal(await other.revive(id), false);
    const job = await next(queue);
    assert.deepEqual([job.id, job.data, job.attempts], [id, data, 0]);
    await job.bury('CARD_UNREADABLE');
    assert.equal(await other.discard(id), true);
    assert.equal(await queue.discard(id), false);
    assert.deepEqual(await letters(queue), []);
    assert.equal(await queue.add(order(1)), 'added');
  },

  'pauses all workers, and never shortens a pause': async (open) => {
    const [queue, other] = [await open(), await open()];
    await queue.add(order(1));
    await queue.add(order(2));
    const startedAt = performance.now();
    await queue.pause(400);
    await other.pause(10);
    const jobs = await Promise.all([next(queue), next(other)]);
    assert.ok(performance.now() - startedAt >= 400 - TOLERANCE_MS, 'a worker went on in the pause');
    assert.equal(new Set(jobs.map(({ id }) => id)).size, 2);
    for (const job of jobs) await job.finish();
    await assertNext(other, 3);
  },

  'counts what waits, is active and is dead, and the age of the oldest': async (open) => {
    const queue = await open();
    for (const number of [1, 2, 3, 4]) await queue.add(order(number));
    await (await next(queue)).bury('RESULT_GONE');
    const delayed = await next(queue);
    await delayed.release(3_600_000, 1);
    const active = await next(queue);
    const other = await open();
    const { oldestWaitingMs, ...counts } = await other.counts();
    assert.deepEqual(counts, { waiting: 2, active: 1, dead: 1 });
    const atMs = Date.now() - oldestWaitingMs;
    assert.ok(Math.abs(atMs - order(2).recognizedAt.getTime()) < 60_000, 'the oldest one has another age');
    await active.finish();
    const last = await next(other);
    assert.equal(last.id, order(4).id);
  },

  'keeps the orders of other archives apart': async (open) => {
    const [queue, other] = [await open('scope1'), await open('scope2')];
    await queue.add(order(1));
    await queue.pause(3_600_000);
    assert.equal(await other.add(order(1)), 'added');
    await (await next(other)).bury('RESULT_GONE');
    assert.deepEqual(await letters(queue), []);
    assert.equal(await queue.discard(order(1).id), false);
    assert.equal((await queue.counts()).waiting, 1);
  },
};
