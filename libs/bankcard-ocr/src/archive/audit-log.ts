import { createHash } from 'node:crypto';
import { invalidArgument } from '../errors/bank-card-ocr-error.js';
import { CHINA_OFFSET_MS, type Clock } from '../runtime/clock.js';
import type { EvidenceStore } from './evidence-store.js';
import { sha256 } from './sealing.js';

/** The root over everything that was kept on one day; each names the root before. */
export interface DayRoot {
  /** `yyyy-mm-dd`, China time. */
  readonly day: string;
  readonly count: number;
  /** Root of a Merkle tree (RFC 6962, SHA-256) over the entries in the order of their texts; 64 hexadecimal digits. */
  readonly root: string;
  /** SHA-256 of the root before, as it is stored; empty for the first one. */
  readonly previous: string;
}

/** Something that was written about an order for good. */
export interface LogEntry {
  readonly ref: string;
  /** 0 for the manifest, else the number of a decision in the history of the order. */
  readonly number: number;
  /** SHA-256 of what was written. */
  readonly sha256: string;
}

const DAY_MS = 86_400_000;
/** A day is sealed so long after its end, and nothing is added to it in the second half of that: clocks of machines differ. */
const GRACE_MS = 3_600_000;

const LOG = 'log/';
const ROOTS = 'roots/';
const ROOT = /^roots\/(\d{4}-\d\d-\d\d)\.json$/;
const ENTRY = /^log\/(\d{4}-\d\d-\d\d)\/([0-9a-f]{64})-(\d+)-([0-9a-f]{64})$/;

/** An append-only list of manifests and decisions by day: one small object for each, so that any number of processes can write it. */
export class AuditLog {
  constructor(
    private readonly store: EvidenceStore,
    private readonly clock: Clock,
  ) {}

  /** Add an entry to a day, or to a later one when that is about to be sealed, or is. */
  async add(entry: LogEntry, day: string): Promise<void> {
    const now = this.clock.now();
    let free = endOf(day) + GRACE_MS / 2 <= now ? dayOf(now) : day;
    // Before its end only a clock that is an hour ahead can have sealed it, which is found out below: no request for each order.
    while (endOf(free) <= now && (await this.store.read(rootName(free)))) free = dayAfter(free);
    const name = entryName(free, entry);
    await this.store.create(name, Buffer.alloc(0));
    const sealed = await this.rootOf(free);
    if (!sealed || sealed.count === (await this.entries(free)).length) return;
    // Another machine, whose clock is more than an hour ahead, has sealed the day in between.
    await this.store.remove(name);
    await this.add(entry, dayAfter(free));
  }

  /** The entries of a day, in the order in which they are hashed. */
  async entries(day: string): Promise<LogEntry[]> {
    const found: LogEntry[] = [];
    for await (const name of this.store.list(`${LOG}${day}/`)) {
      const [, , ref, number, hash] = ENTRY.exec(name) ?? [];
      if (ref !== undefined && hash !== undefined) found.push({ ref, number: Number(number), sha256: hash });
    }
    return found;
  }

  /** Whether an entry is in the log: as a rule under the day on which it was written, or under a later one. */
  async has(entry: LogEntry, writtenOn: string): Promise<boolean> {
    const tomorrow = dayAfter(dayOf(this.clock.now()));
    // A clock that was ahead has written it in the future.
    const last = writtenOn > tomorrow ? writtenOn : tomorrow;
    for (let day = writtenOn; day <= last; day = dayAfter(day)) {
      if (await this.store.read(entryName(day, entry))) return true;
    }
    return false;
  }

  /** The days that have entries or a root, the oldest first. */
  async days(): Promise<string[]> {
    const days = new Set<string>(await this.#sealedDays());
    for await (const name of this.store.list(LOG)) {
      const day = ENTRY.exec(name)?.[1];
      if (day !== undefined) days.add(day);
    }
    return [...days].sort();
  }

  async rootOf(day: string): Promise<DayRoot | undefined> {
    const bytes = await this.store.read(rootName(day));
    return bytes && (JSON.parse(bytes.toString()) as DayRoot);
  }

  /**
   * Seal a day that is over, and every day before it, so that the chain of roots has no gap: nothing is added to them any
   * more. A day that is sealed stays as it is.
   *
   * @throws `BankCardOcrError` `INVALID_ARGUMENT` before 01:00, China time, of the day after, and for a day before the first
   */
  async seal(day: string): Promise<DayRoot> {
    if (!(this.clock.now() >= endOf(day) + GRACE_MS)) {
      throw invalidArgument(
        `the day ${day} is not over, or is no day: seal it an hour after its end (China time)`,
        `${day} 尚未结束或格式有误：请在当日结束一小时后（北京时间）再封存`,
      );
    }
    const last = (await this.#sealedDays()).at(-1);
    const [oldest = day] = last === undefined ? await this.days() : [dayAfter(last)];
    const first = last === undefined && oldest > day ? day : oldest;
    for (let next = first; next <= day; next = dayAfter(next)) {
      const entries = await this.entries(next);
      const root: DayRoot = {
        day: next,
        count: entries.length,
        root: merkleRoot(entries.map(textOf)),
        previous: await this.previousOf(next),
      };
      await this.store.create(rootName(next), Buffer.from(JSON.stringify(root)));
    }
    const root = await this.rootOf(day);
    if (root) return root;
    throw invalidArgument(`the log begins after ${day}`, `存证日志起始于 ${day} 之后`);
  }

  /** SHA-256 of the root before a day, as it is stored; empty when there is none. */
  async previousOf(day: string): Promise<string> {
    const bytes = await this.store.read(rootName(dayAfter(day, -1)));
    return bytes ? sha256(bytes) : '';
  }

  /** Whether a later day is sealed: then this one must be, too. */
  async isFollowedByRoot(day: string): Promise<boolean> {
    return ((await this.#sealedDays()).at(-1) ?? '') > day;
  }

  async #sealedDays(): Promise<string[]> {
    const days: string[] = [];
    for await (const name of this.store.list(ROOTS)) {
      const day = ROOT.exec(name)?.[1];
      if (day !== undefined) days.push(day);
    }
    return days;
  }
}

/** When a day ends in China. */
function endOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + DAY_MS - CHINA_OFFSET_MS;
}

/** The day of a time, in China: `yyyy-mm-dd`. */
export function dayOf(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 10);
}

function rootName(day: string): string {
  return `${ROOTS}${day}.json`;
}

function entryName(day: string, { ref, number, sha256 }: LogEntry): string {
  return `${LOG}${day}/${ref}-${number}-${sha256}`;
}

/** What is hashed of an entry. */
export function textOf({ ref, number, sha256 }: LogEntry): string {
  return `${ref} ${number} ${sha256}`;
}

/** RFC 6962 section 2.1: leaves and nodes are hashed with different prefixes. */
export function merkleRoot(leaves: readonly string[]): string {
  return merkleHash(leaves.map((leaf) => hash(0, Buffer.from(leaf)))).toString('hex');
}

function merkleHash(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return createHash('sha256').digest();
  if (hashes.length === 1) return hashes[0]!;
  // The largest power of two that is smaller than the number of leaves.
  const split = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
  return hash(1, merkleHash(hashes.slice(0, split)), merkleHash(hashes.slice(split)));
}

function hash(prefix: 0 | 1, ...parts: readonly Buffer[]): Buffer {
  return createHash('sha256')
    .update(Buffer.concat([Buffer.from([prefix]), ...parts]))
    .digest();
}

function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}
