import { createHash } from 'node:crypto';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { CHINA_OFFSET_MS, type Clock } from '../runtime/clock.js';
import type { EvidenceStore } from './evidence-store.js';

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
/** Clocks of machines differ. */
const GRACE_MS = 3_600_000;

const LOG = 'log/';
const ROOTS = 'roots/';
const ENTRY = /^log\/(\d{4}-\d\d-\d\d)\/([0-9a-f]{64})-(\d+)-([0-9a-f]{64})$/;

/** An append-only list of manifests and decisions by day: one small object for each, so that any number of processes can write it. */
export class EvidenceLog {
  constructor(
    private readonly store: EvidenceStore,
    private readonly clock: Clock,
  ) {}

  /** Today in China. */
  today(): string {
    return dayOf(this.clock.now());
  }

  /** Add an entry to the first day from `day` on that is not sealed yet. */
  async add(entry: LogEntry, day: string): Promise<void> {
    let free = day;
    while (await this.store.read(rootName(free))) free = dayAfter(free);
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
      const [, , ref, number, sha256] = ENTRY.exec(name) ?? [];
      if (ref !== undefined && sha256 !== undefined) found.push({ ref, number: Number(number), sha256 });
    }
    return found;
  }

  /** Whether an entry is in the log: as a rule under the day on which it was written, or under a later one. */
  async has(entry: LogEntry, writtenOn: string): Promise<boolean> {
    const last = dayAfter(this.today());
    for (let day = writtenOn; day <= last; day = dayAfter(day)) {
      if (await this.store.read(entryName(day, entry))) return true;
    }
    return false;
  }

  /** The days that have entries, the oldest first. */
  async days(): Promise<string[]> {
    const days = new Set<string>();
    for await (const name of this.store.list(LOG)) {
      const day = ENTRY.exec(name)?.[1];
      if (day !== undefined) days.add(day);
    }
    return [...days];
  }

  async rootOf(day: string): Promise<DayRoot | undefined> {
    const bytes = await this.store.read(rootName(day));
    return bytes && (JSON.parse(bytes.toString()) as DayRoot);
  }

  /**
   * Seal a day that is over: nothing is added to it any more. A day that is sealed stays as it is.
   *
   * @throws {@link BankCardOcrError} `INVALID_ARGUMENT` before 01:00, China time, of the day after
   */
  async seal(day: string): Promise<DayRoot> {
    const overAt = Date.parse(`${day}T00:00:00Z`) + DAY_MS - CHINA_OFFSET_MS + GRACE_MS;
    if (!(this.clock.now() >= overAt)) {
      throw new BankCardOcrError('INVALID_ARGUMENT', {
        message: `the day ${day} is not over, or is no day: seal it an hour after its end (China time)`,
        messageZh: `${day} 尚未结束或格式有误：请在当日结束一小时后（北京时间）再封存`,
      });
    }
    const entries = await this.entries(day);
    const root: DayRoot = {
      day,
      count: entries.length,
      root: merkleRoot(entries.map(textOf)),
      previous: await this.previousOf(day),
    };
    await this.store.create(rootName(day), Buffer.from(JSON.stringify(root)));
    return (await this.rootOf(day)) ?? root;
  }

  /** SHA-256 of the root before a day, as it is stored; empty when there is none. */
  async previousOf(day: string): Promise<string> {
    let previous: string | undefined;
    for await (const name of this.store.list(ROOTS))
      if (name.endsWith('.json') && name < rootName(day)) previous = name;
    const bytes = previous === undefined ? undefined : await this.store.read(previous);
    return bytes ? createHash('sha256').update(bytes).digest('hex') : '';
  }
}

/** The day of a time, in China: `yyyy-mm-dd`. */
export function dayOf(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 10);
}

export function rootName(day: string): string {
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

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}
