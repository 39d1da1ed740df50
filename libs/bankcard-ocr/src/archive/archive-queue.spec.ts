import { AssertionError } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { archiveQueueContract } from './archive-queue.contract.js';
import type { ArchiveJob, ArchiveQueue, QueuedOrder } from './archive-queue.js';
import { DirectoryArchiveQueue } from './directory-archive.queue.js';
import { MemoryArchiveQueue } from './memory-archive.queue.js';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** In memory, the queues of several processes are the same one; each scope has its own. */
function inMemory(Queue: new () => MemoryArchiveQueue): () => Promise<() => Promise<ArchiveQueue>> {
  return async () => {
    const scopes = new Map<string, MemoryArchiveQueue>();
    return async () => {
      let queue: MemoryArchiveQueue | undefined;
      return new Proxy({} as ArchiveQueue, {
        get: (_target, name) => {
          if (name === 'then') return undefined;
          if (name === 'open') {
            return async (scope: string) => {
              queue = scopes.get(scope) ?? new Queue();
              scopes.set(scope, queue);
            };
          }
          const member: unknown = Reflect.get(queue!, name, queue);
          return typeof member === 'function' ? member.bind(queue) : member;
        },
      });
    };
  };
}

describe('the contract of an archive queue: in memory', () => {
  for (const { name, run } of archiveQueueContract(inMemory(MemoryArchiveQueue))) it(name, run);
});

describe('the contract of an archive queue: a directory', () => {
  const cases = archiveQueueContract(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'queue-'));
    folders.push(folder);
    return async () => new DirectoryArchiveQueue(path.join(folder, 'queue'));
  });
  for (const { name, run } of cases) it(name, run);
});

class AddsAgain extends MemoryArchiveQueue {
  override async add(order: QueuedOrder): Promise<'added' | 'queued' | 'dead'> {
    await super.add(order);
    return 'added';
  }
}

class AddsDead extends MemoryArchiveQueue {
  override async add(order: QueuedOrder): Promise<'added' | 'queued' | 'dead'> {
    await this.discard(order.id);
    return super.add(order);
  }
}

class DoesNotPause extends MemoryArchiveQueue {
  override async pause(): Promise<void> {
    // As one that does not share it.
  }
}

/** A queue whose jobs do something else. */
function withJobs(change: (job: ArchiveJob) => Partial<ArchiveJob>): new () => MemoryArchiveQueue {
  return class extends MemoryArchiveQueue {
    override async take(signal: AbortSignal): Promise<ArchiveJob | undefined> {
      const job = await super.take(signal);
      return job && { ...job, ...change(job) };
    }
  };
}

async function failed(Queue: new () => MemoryArchiveQueue): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of archiveQueueContract(inMemory(Queue))) {
    await run().catch((error: unknown) => {
      expect(error).toBeInstanceOf(AssertionError);
      names.push(name);
    });
  }
  return names;
}

describe('the contract refuses a queue that', () => {
  it.each<[string, new () => MemoryArchiveQueue, string]>([
    ['adds an order again', AddsAgain, 'adds an order once, until it is finished'],
    [
      'adds a dead letter again',
      AddsDead,
      'keeps dead letters, which no worker gets, until they are revived or discarded',
    ],
    ['does not pause', DoesNotPause, 'pauses all workers, and never shortens a pause'],
    [
      'forgets attempts',
      withJobs(({ release }) => ({ release: async (afterMs) => release(afterMs, 0) })),
      'gives an order that was released to another worker, with its attempts',
    ],
    [
      'gives back too early',
      withJobs(({ release }) => ({ release: async (_afterMs, attempts) => release(0, attempts) })),
      'gives an order that was released to another worker, with its attempts',
    ],
    [
      'finishes nothing',
      withJobs(() => ({ finish: async () => undefined })),
      'gives out what was added, as it was, in its order',
    ],
    [
      'forgets dead letters',
      withJobs(({ finish }) => ({ bury: finish })),
      'keeps dead letters, which no worker gets, until they are revived or discarded',
    ],
  ])('%s', async (_what, Queue, name) => {
    expect(await failed(Queue)).toContain(name);
  });
});
