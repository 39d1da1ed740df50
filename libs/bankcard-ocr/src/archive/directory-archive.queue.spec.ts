import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ArchiveJob, QueuedOrder } from './archive-queue.js';
import { DirectoryArchiveQueue } from './directory-archive.queue.js';

let folder: string;
let warnings: string[];
const queues: DirectoryArchiveQueue[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'queue-'));
  warnings = [];
});

afterEach(async () => {
  await Promise.all(queues.splice(0).map(async (queue) => queue.close()));
  rmSync(folder, { recursive: true });
});

/** @param leaseMs those of this spec are only waited for to end: none is lost by a slow machine */
async function open(leaseMs?: number): Promise<DirectoryArchiveQueue> {
  const queue = new DirectoryArchiveQueue(folder, { leaseMs, onWarning: (warning) => void warnings.push(warning) });
  queues.push(queue);
  await queue.open('scope');
  return queue;
}

function order(id: string): QueuedOrder {
  return { id, data: 'sealed', recognizedAt: new Date(0) };
}

function files(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(path.relative(folder, entry.parentPath), entry.name))
    .sort();
}

async function next(queue: DirectoryArchiveQueue): Promise<ArchiveJob> {
  return (await queue.take(new AbortController().signal))!;
}

/** What a process has left that was killed: its folder, and a lease that nobody touches. */
function leaveBehind(id: string, content: object): void {
  const owner = path.join(folder, 'scope/active/killed');
  mkdirSync(owner, { recursive: true });
  writeFileSync(path.join(owner, 'lease.0000000000000001'), 'held');
  writeFileSync(path.join(owner, id), JSON.stringify(content));
}

const STORED = { data: 'sealed', recognizedAtMs: 0, dueAtMs: 0, attempts: 2 };

describe('a queue in a directory', () => {
  it('is private, and leaves nothing of an order that is finished', async () => {
    const queue = await open();
    await queue.add(order('one'));
    expect(files()).toEqual(['scope/waiting/one']);
    expect(statSync(path.join(folder, 'scope/waiting/one')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(folder, 'scope/waiting')).mode & 0o777).toBe(0o700);
    await (await next(queue)).finish();
    await queue.close();
    expect(files()).toEqual([]);
    expect(readdirSync(path.join(folder, 'scope/active'))).toEqual([]);
  });

  it('puts back the orders of a process that has ended, and only then', async () => {
    const queue = await open(300);
    leaveBehind('one', STORED);
    expect(await queue.counts()).toMatchObject({ waiting: 0, active: 1 });
    expect(await queue.add(order('one'))).toBe('queued');
    const startedAt = performance.now();
    const job = await next(queue);
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect([job.id, job.attempts]).toEqual(['one', 2]);
    await job.finish();
    await queue.close();
    expect(files()).toEqual([]);
  });

  it('takes the newer of two files, when a process was killed while it gave an order back', async () => {
    const queue = await open(50);
    leaveBehind('one', STORED);
    writeFileSync(path.join(folder, 'scope/waiting/one'), JSON.stringify({ ...STORED, attempts: 3 }));
    expect((await next(queue)).attempts).toBe(3);
    expect(await queue.counts()).toMatchObject({ waiting: 0 });
  });

  it('gives back what it has when it is closed', async () => {
    const [queue, other] = [await open(), await open()];
    await queue.add(order('one'));
    await next(queue);
    await queue.close();
    expect((await next(other)).id).toBe('one');
  });

  it.each([
    ['is cut off', '{"data":"sea'],
    ['is empty', ''],
    ['has no order', '{"attempts":1}'],
    ['is far too large', 'x'.repeat(70_000)],
  ])('sets a file aside that %s, and goes on', async (_what, content) => {
    const queue = await open();
    writeFileSync(path.join(folder, 'scope/waiting/bad'), content);
    await queue.add(order('good'));
    expect((await next(queue)).id).toBe('good');
    const [aside = ''] = readdirSync(path.join(folder, 'scope/damaged'));
    expect(aside).toMatch(/^bad\./);
    expect(readFileSync(path.join(folder, 'scope/damaged', aside), 'utf8')).toBe(content);
    expect(warnings).toEqual([expect.stringMatching(/has set aside a damaged file/)]);
    // Nothing is lost: the reconciler adds it.
    expect(await queue.add(order('bad'))).toBe('added');
  });

  it('does not wait for a pause that a clock far ahead has written', async () => {
    const queue = await open();
    writeFileSync(path.join(folder, 'scope/paused'), String(Date.now() + 86_400_000));
    await queue.add(order('one'));
    expect((await next(queue)).id).toBe('one');
  });

  it.each(['', '../one', 'a.b', 'a/b'])('refuses an id that could be another file: %p', async (id) => {
    const queue = await open();
    await expect(queue.add(order(id))).rejects.toThrow(TypeError);
    expect(await queue.revive(id)).toBe(false);
    expect(await queue.discard(id)).toBe(false);
  });

  it('refuses a lease of no time, and to be used before it is open', async () => {
    expect(() => new DirectoryArchiveQueue(folder, { leaseMs: 0 })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', issues: [expect.objectContaining({ option: 'leaseMs' })] }),
    );
    await expect(new DirectoryArchiveQueue(folder).counts()).rejects.toThrow(/has not been opened/);
  });
});
