import { randomUUID } from 'node:crypto';
import { access, link, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { FileLeases } from '../credentials/store/file-lease.js';
import { StoreFolder } from '../credentials/store/store-folder.js';
import type { TicketLease } from '../credentials/store/ticket-store.js';
import { numeric, readNumbers } from '../options/option-values.js';
import { DurableFile, makeDirectory, removeAbandonedFiles, syncDirectory } from '../runtime/durable-file.js';
import { NODE_FILE_SYSTEM, undefinedWhenMissing } from '../runtime/file-system.js';
import { SYSTEM_RUNTIME } from '../runtime/random.js';
import { WokenSleep } from './woken-sleep.js';
import {
  type ArchiveJob,
  ArchiveQueue,
  type ArchiveQueueCounts,
  type DeadLetter,
  type QueuedOrder,
} from './archive-queue.js';

/** How a {@link DirectoryArchiveQueue} behaves. */
export interface DirectoryArchiveQueueOptions {
  /** How long after its end the orders of a process go to others, in milliseconds. @default 10_000 */
  readonly leaseMs?: number | undefined;
  /** Called with what an operator must know: a file was damaged, and has been set aside. @default process.emitWarning */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** The content of a file. */
interface Stored {
  readonly data: string;
  readonly recognizedAtMs: number;
  readonly dueAtMs: number;
  readonly attempts: number;
  readonly reason?: string;
  readonly diedAtMs?: number;
}

/** A folder of orders that this process works on. */
interface Claims {
  readonly folder: string;
  readonly lease: TicketLease;
}

const NUMBERS = { leaseMs: { default: 10_000, ...numeric('milliseconds') } };
/** Other processes are noticed by file events at once, and by polling where there are none. */
const POLL_MS = 1_000;
const FILE_TIMEOUT_MS = 10_000;
const LARGEST_FILE = 65_536;
const READ_AT_A_TIME = 16;
const ABANDONED_AFTER_MS = 3_600_000;
/** A clock that was put back must not stop the work for longer. */
const LONGEST_PAUSE_MS = 3_600_000;
const MOST_ATTEMPTS = 20;
/** No dot: it tells an order from a lease. */
const ID = /^[A-Za-z0-9-]{1,100}$/;
const { clock } = SYSTEM_RUNTIME;

/**
 * A queue of files, mode 0600, in a directory of a local disk, for any number of processes of one machine. The folder that a
 * file is in says what becomes of the order: `waiting`, a folder of one process below `active`, or `dead`. An order changes
 * hands by a rename, which one process wins; a process leases its folder by heartbeats, and when it has ended, another one
 * puts its orders back.
 */
export class DirectoryArchiveQueue extends ArchiveQueue {
  readonly #directory: string;
  readonly #leaseMs: number;
  readonly #warn: (warning: string) => void;
  readonly #sleep = new WokenSleep(clock);
  /** The leases of other processes are watched: one whose file stands still has expired. */
  readonly #others = new Map<string, FileLeases>();
  #folder = '';
  #claims: Promise<Claims> | undefined;
  /** What is known of the waiting orders without reading their files again. */
  #known = new Map<string, Pick<Stored, 'dueAtMs' | 'recognizedAtMs'>>();
  /** The waiting orders, the one that is due first at the end. */
  #next: string[] = [];
  #scannedAtMs = -Infinity;
  /** Whether there may be waiting orders that the last scan has not found. */
  #isStale = true;
  #recoveredAtMs = -Infinity;
  #stopWatching: (() => void) | undefined;

  /** @param directory absolute or relative to the working directory; made, mode 0700, when it is missing */
  constructor(directory: string, options: DirectoryArchiveQueueOptions = {}) {
    super();
    this.#directory = directory;
    this.#leaseMs = readNumbers(options, NUMBERS).leaseMs;
    this.#warn = options.onWarning ?? ((warning) => process.emitWarning(warning, 'BankCardOcrWarning'));
  }

  async open(scope: string): Promise<void> {
    this.#folder = path.join(this.#directory, scope);
    for (const name of ['.tmp', 'waiting', 'active', 'dead', 'damaged']) await makeDirectory(this.#in(name));
    await removeAbandonedFiles(this.#in('.tmp'), () => true, ABANDONED_AFTER_MS, clock);
    // What will be needed later is tried now: creating, making durable and linking.
    const probe = this.#newFile();
    try {
      await probe.write('');
      await probe.create(`${probe.temporaryPath}.linked`);
      await unlink(`${probe.temporaryPath}.linked`);
    } finally {
      await probe.remove();
    }
    this.#stopWatching ??= NODE_FILE_SYSTEM.watch(this.#in('waiting'), () => this.#changed());
  }

  async add({ id, data, recognizedAt }: QueuedOrder): Promise<'added' | 'queued' | 'dead'> {
    if (!ID.test(id)) throw new TypeError('an order has an id that no order can have');
    if (await exists(this.#in('dead', id))) return 'dead';
    if (await exists(this.#in('waiting', id))) return 'queued';
    for (const owner of await readdir(this.#in('active'))) {
      if (await exists(this.#in('active', owner, id))) return 'queued';
    }
    const stored = { data, recognizedAtMs: recognizedAt.getTime(), dueAtMs: 0, attempts: 0 };
    const isNew = await this.#write(stored, async (file) => file.create(this.#in('waiting', id)));
    if (!isNew) return 'queued';
    await syncDirectory(this.#in('waiting'));
    this.#knows(id, stored);
    return 'added';
  }

  async take(signal: AbortSignal): Promise<ArchiveJob | undefined> {
    while (!signal.aborted) {
      await this.#recoverOthers();
      let waitMs = await this.#pausedForMs();
      if (waitMs === 0) {
        const job = await this.#takeNext();
        if (typeof job === 'object') {
          if (!signal.aborted) return job;
          await job.release(0, job.attempts);
          return undefined;
        }
        waitMs = job;
      }
      await this.#sleep.sleep(Math.min(waitMs, POLL_MS), signal);
      this.#isStale = true;
    }
    return undefined;
  }

  async pause(forMs: number): Promise<void> {
    if ((await this.#pausedForMs()) >= forMs) return;
    const file = this.#newFile();
    await file.write(String(clock.now() + forMs));
    await file.replace(this.#in('paused'));
  }

  async counts(): Promise<ArchiveQueueCounts> {
    const [waiting, active, dead] = [
      await this.#idsIn('waiting'),
      await this.#activeOrders(),
      await this.#idsIn('dead'),
    ];
    let oldestAtMs = Infinity;
    await this.#readUnknown(waiting);
    for (const id of waiting) oldestAtMs = Math.min(oldestAtMs, this.#known.get(id)?.recognizedAtMs ?? Infinity);
    for (const file of active) {
      const stored = await readStored(file);
      if (typeof stored === 'object') oldestAtMs = Math.min(oldestAtMs, stored.recognizedAtMs);
    }
    const oldestWaitingMs = oldestAtMs === Infinity ? 0 : Math.max(0, clock.now() - oldestAtMs);
    return { waiting: waiting.length, active: active.length, dead: dead.length, oldestWaitingMs };
  }

  async *deadLetters(): AsyncIterable<DeadLetter> {
    for (const id of await this.#idsIn('dead')) {
      const stored = await this.#read(id, this.#in('dead', id));
      if (!stored) continue;
      const { data, recognizedAtMs, reason = '', diedAtMs = 0 } = stored;
      yield { id, data, recognizedAt: new Date(recognizedAtMs), reason, diedAt: new Date(diedAtMs) };
    }
  }

  async revive(id: string): Promise<boolean> {
    const stored = ID.test(id) ? await this.#read(id, this.#in('dead', id)) : undefined;
    if (!stored) return false;
    const { data, recognizedAtMs } = stored;
    const revived = { data, recognizedAtMs, dueAtMs: 0, attempts: 0 };
    await this.#write(revived, async (file) => file.create(this.#in('waiting', id)));
    await syncDirectory(this.#in('waiting'));
    await remove(this.#in('dead', id));
    this.#knows(id, revived);
    return true;
  }

  async discard(id: string): Promise<boolean> {
    return ID.test(id) && (await remove(this.#in('dead', id)));
  }

  async close(): Promise<void> {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    const claims = await this.#claims?.catch(() => undefined);
    this.#claims = undefined;
    if (claims) await this.#giveBackAll(claims);
  }

  /** @returns the order that has been due longest, or else for how long there is none */
  async #takeNext(): Promise<ArchiveJob | number> {
    for (;;) {
      // Not for every order: a scan takes as long as there are orders.
      if (clock.monotonic() - this.#scannedAtMs > POLL_MS) await this.#scan();
      const id = this.#next.at(-1);
      const waitMs = id === undefined ? POLL_MS : (this.#known.get(id)?.dueAtMs ?? 0) - clock.now();
      if (id === undefined || waitMs > 0) {
        if (!this.#isStale) return waitMs;
        await this.#scan();
        continue;
      }
      this.#next.pop();
      const job = await this.#claim(id);
      if (job) return job;
    }
  }

  async #claim(id: string): Promise<ArchiveJob | undefined> {
    const { folder, lease } = await this.#ownClaims();
    const [waiting, claimed] = [this.#in('waiting', id), path.join(folder, id)];
    // Another process was faster.
    if (!(await move(waiting, claimed))) return undefined;
    const stored = await this.#read(id, claimed);
    if (!stored) return undefined;
    if (stored.dueAtMs > clock.now()) {
      // Another process has tried it since it was read here.
      await move(claimed, waiting);
      this.#knows(id, stored);
      return undefined;
    }
    // If the lease has ended in between, whoever finds the folder puts the order back.
    if (lease.signal.aborted) return undefined;
    this.#known.delete(id);
    return this.#jobOf(id, stored, claimed, lease.signal);
  }

  #jobOf(id: string, stored: Stored, claimed: string, signal: AbortSignal): ArchiveJob {
    const { data, recognizedAtMs, attempts } = stored;
    let isGivenBack = false;
    /** This process may have it again by now, or another one, because the lease was lost. */
    const isOurs = async (): Promise<boolean> => {
      if (isGivenBack) return false;
      isGivenBack = true;
      return exists(claimed);
    };
    /** Killed in between, the order is in both folders, and the one that was written here counts. */
    const moveTo = async (to: string, changed: Stored): Promise<void> => {
      await this.#write(changed, async (file) => file.replace(this.#in(to, id)));
      await syncDirectory(this.#in(to));
      await remove(claimed);
    };
    return {
      id,
      data,
      attempts,
      signal,
      recognizedAt: new Date(recognizedAtMs),
      finish: async () => {
        if (await isOurs()) await remove(claimed);
      },
      release: async (afterMs, failed) => {
        if (!(await isOurs())) return;
        const changed = { data, recognizedAtMs, attempts: failed, dueAtMs: afterMs > 0 ? clock.now() + afterMs : 0 };
        if (afterMs > 0 || failed !== attempts) await moveTo('waiting', changed);
        else await move(claimed, this.#in('waiting', id));
        this.#knows(id, changed);
      },
      bury: async (reason) => {
        if (await isOurs()) await moveTo('dead', { ...stored, reason, diedAtMs: clock.now() });
      },
    };
  }

  /** A folder that this process leases; a new one when the lease was lost. */
  async #ownClaims(): Promise<Claims> {
    const current = await this.#claims?.catch(() => undefined);
    if (current && !current.lease.signal.aborted) return current;
    this.#claims = this.#openClaims();
    await current?.lease.release();
    return this.#claims;
  }

  async #openClaims(): Promise<Claims> {
    for (let attempt = 1; ; attempt += 1) {
      const folder = this.#in('active', randomUUID());
      await makeDirectory(folder);
      // Another process may find the folder before it is leased: then it takes it for one that was left.
      const lease = await this.#leasesIn(folder).tryTake(this.#leaseMs).catch(undefinedWhenMissing);
      if (lease) return { folder, lease };
      if (attempt === MOST_ATTEMPTS) throw new Error('a folder of the queue cannot be leased');
    }
  }

  /** Put back the orders of processes that have ended. */
  async #recoverOthers(): Promise<void> {
    const now = clock.monotonic();
    if (now - this.#recoveredAtMs < Math.min(this.#leaseMs / 4, POLL_MS)) return;
    this.#recoveredAtMs = now;
    const own = path.basename((await this.#claims?.catch(() => undefined))?.folder ?? '');
    const owners = await readdir(this.#in('active'));
    for (const owner of this.#others.keys()) if (!owners.includes(owner)) this.#others.delete(owner);
    for (const owner of owners) {
      if (owner === own) continue;
      const folder = this.#in('active', owner);
      const leases = this.#others.get(owner) ?? this.#leasesIn(folder);
      this.#others.set(owner, leases);
      const lease = await leases.tryTake(this.#leaseMs).catch(undefinedWhenMissing);
      if (lease) await this.#giveBackAll({ folder, lease });
    }
  }

  async #giveBackAll({ folder, lease }: Claims): Promise<void> {
    const names = (await readdir(folder).catch(undefinedWhenMissing)) ?? [];
    for (const id of names.filter((name) => ID.test(name))) {
      const claimed = path.join(folder, id);
      // Both are there when its process was killed while it gave the order back.
      await link(claimed, this.#in('waiting', id)).catch(ignoring('EEXIST', 'ENOENT'));
      await syncDirectory(this.#in('waiting'));
      await remove(claimed);
    }
    await lease.release();
    for (const name of (await readdir(folder).catch(undefinedWhenMissing)) ?? []) {
      if (!ID.test(name)) await remove(path.join(folder, name));
    }
    // An order that was put there by a process that woke up late stays, and is found again.
    await rmdir(folder).catch(ignoring('ENOENT', 'ENOTEMPTY', 'EEXIST'));
    this.#changed();
  }

  #leasesIn(folder: string): FileLeases {
    return new FileLeases(new StoreFolder(folder, NODE_FILE_SYSTEM, SYSTEM_RUNTIME, FILE_TIMEOUT_MS));
  }

  async #scan(): Promise<void> {
    this.#scannedAtMs = clock.monotonic();
    this.#isStale = false;
    const ids = await this.#idsIn('waiting');
    await this.#readUnknown(ids);
    const orders = new Map(ids.flatMap((id) => (this.#known.has(id) ? [[id, this.#known.get(id)!] as const] : [])));
    this.#known = orders;
    this.#next = [...orders]
      .sort(([, a], [, b]) => b.dueAtMs - a.dueAtMs || b.recognizedAtMs - a.recognizedAtMs)
      .map(([id]) => id);
  }

  async #readUnknown(ids: readonly string[]): Promise<void> {
    const unknown = ids.filter((id) => !this.#known.has(id));
    while (unknown.length > 0) {
      const read = async (id: string): Promise<void> => {
        const stored = await this.#read(id, this.#in('waiting', id));
        if (stored) this.#known.set(id, stored);
      };
      await Promise.all(unknown.splice(-READ_AT_A_TIME).map(read));
    }
  }

  /** An order that has just been put into `waiting`. */
  #knows(id: string, { dueAtMs, recognizedAtMs }: Stored): void {
    this.#known.set(id, { dueAtMs, recognizedAtMs });
    this.#changed();
  }

  #changed(): void {
    this.#isStale = true;
    this.#sleep.wake();
  }

  async #pausedForMs(): Promise<number> {
    const file = await NODE_FILE_SYSTEM.readSmallFile(this.#in('paused'), LARGEST_FILE);
    const untilMs = Number(file.toString());
    const forMs = Number.isFinite(untilMs) ? untilMs - clock.now() : 0;
    return Math.max(0, forMs > LONGEST_PAUSE_MS ? 0 : forMs);
  }

  /** What cannot be read is set aside: it may be of use to a person, and must not stop the others. */
  async #read(id: string, file: string): Promise<Stored | undefined> {
    const stored = await readStored(file);
    if (stored !== 'damaged') return stored;
    const aside = this.#in('damaged', `${id}.${randomUUID()}`);
    if (await move(file, aside)) {
      this.#warn(`the archive queue has set aside a damaged file, ${aside}; the reconciler adds its order again`);
    }
    return undefined;
  }

  async #write<Result>(stored: Stored, place: (file: DurableFile) => Promise<Result>): Promise<Result> {
    const file = this.#newFile();
    try {
      await file.write(JSON.stringify(stored));
      return await place(file);
    } finally {
      await file.remove();
    }
  }

  async #activeOrders(): Promise<string[]> {
    const files: string[] = [];
    for (const owner of await readdir(this.#in('active'))) {
      for (const id of await this.#idsIn('active', owner)) files.push(this.#in('active', owner, id));
    }
    return files;
  }

  async #idsIn(...names: string[]): Promise<string[]> {
    const found = (await readdir(this.#in(...names)).catch(undefinedWhenMissing)) ?? [];
    return found.filter((name) => ID.test(name));
  }

  #newFile(): DurableFile {
    return new DurableFile(this.#in('.tmp'), `${randomUUID()}.part`);
  }

  #in(...names: string[]): string {
    if (this.#folder === '') throw new Error('the archive queue has not been opened');
    return path.join(this.#folder, ...names);
  }
}

/** @returns undefined when there is no such file */
async function readStored(file: string): Promise<Stored | 'damaged' | undefined> {
  const found = await NODE_FILE_SYSTEM.readSmallFile(file, LARGEST_FILE);
  if (found === 'missing') return undefined;
  if (found === 'unusable') return 'damaged';
  try {
    const stored = JSON.parse(found.toString()) as Stored;
    const isWhole =
      typeof stored.data === 'string' &&
      [stored.recognizedAtMs, stored.dueAtMs, stored.attempts].every((number) => Number.isFinite(number));
    return isWhole ? stored : 'damaged';
  } catch {
    return 'damaged';
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file)
    .then(() => true, ignoring('ENOENT'))
    .then(Boolean);
}

/** @returns whether there was such a file */
async function move(from: string, to: string): Promise<boolean> {
  return rename(from, to)
    .then(() => true, ignoring('ENOENT'))
    .then(Boolean);
}

/** @returns whether there was such a file */
async function remove(file: string): Promise<boolean> {
  return unlink(file)
    .then(() => true, ignoring('ENOENT'))
    .then(Boolean);
}

function ignoring(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
