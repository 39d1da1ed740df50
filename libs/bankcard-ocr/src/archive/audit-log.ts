import { createHash } from 'node:crypto';
import { invalidArgument } from '../errors/bank-card-ocr-error.js';
import { CHINA_OFFSET_MS, type Clock } from '../runtime/clock.js';
import { CoalescedRuns } from './coalesced-runs.js';
import type { EvidenceStore } from './evidence-store.js';
import { EvidenceDamage, type Finding, FINDINGS } from './finding.js';
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

/** What proves that an entry belongs to a sealed day. */
export interface DayProof {
  readonly day: string;
  readonly root: Buffer;
  readonly token: Buffer | undefined;
  readonly path: string;
}

/** Something that was written for good: about an order, or the timestamp of a day. */
export interface LogEntry {
  /** The order; {@link TIMESTAMP} for a timestamp. */
  readonly ref: string;
  /** 0 for the manifest, else the number of a decision in the history of the order; of a timestamp its day, 20261128. */
  readonly number: number;
  /** SHA-256 of what was written. */
  readonly sha256: string;
}

const DAY_MS = 86_400_000;
/** A day is sealed so long after its end, and nothing is added to it in the second half of that: clocks of machines differ. */
const GRACE_MS = 3_600_000;

/** More days are not searched before the log was asked when it begins. */
const DAYS_TO_SEARCH = 400;

const LOG = 'log/';
const ROOTS = 'roots/';
const ROOT = /^roots\/(\d{4}-\d\d-\d\d)\.json$/;
const TOKEN = /^roots\/(\d{4}-\d\d-\d\d)\.tsr$/;
const ENTRY = /^log\/(\d{4}-\d\d-\d\d)\/([0-9a-f]{64}|timestamp)-(\d+)-([0-9a-f]{64})$/;

/** In place of the reference of an order: the entry is about the timestamp of a day. */
export const TIMESTAMP = 'timestamp';

/** An append-only list of manifests and decisions by day: one small object for each, so that any number of processes can write it. */
export class AuditLog {
  /** Orders that are kept at the same time share them: with a bucket each is a request. */
  readonly #roots = new CoalescedRuns((day) => this.rootOf(day));

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
    const sealed = await this.#roots.run(free);
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
    return (await this.#dayWith(entry, writtenOn)) !== undefined;
  }

  /**
   * What proves that an entry belongs to a sealed day: root and timestamp as they are stored, and the path from the entry to the
   * root (RFC 6962 section 2.1.1) as lines: the entry, then `left` or `right` and the hash that is joined on that side.
   *
   * @returns undefined while the day is not sealed
   */
  async proofOf(entry: LogEntry, writtenOn: string): Promise<DayProof | undefined> {
    const day = await this.#dayWith(entry, writtenOn);
    const root = day === undefined ? undefined : await this.storedRoot(day);
    if (day === undefined || !root) return undefined;
    const leaves = (await this.entries(day)).map(textOf);
    const path = auditPath(leaves, leaves.indexOf(textOf(entry)));
    const lines = path.map(({ side, hash: joined }) => `${side} ${joined.toString('hex')}`);
    return { day, root, token: await this.tokenOf(day), path: `${[textOf(entry), ...lines].join('\n')}\n` };
  }

  async #dayWith(entry: LogEntry, writtenOn: string): Promise<string | undefined> {
    const tomorrow = dayAfter(dayOf(this.clock.now()));
    // A clock that was ahead has written it in the future.
    const last = writtenOn > tomorrow ? writtenOn : tomorrow;
    // A time that was changed can be thousands of years ago.
    const isLongAgo = dayAfter(writtenOn, DAYS_TO_SEARCH) < last;
    const first = isLongAgo ? ((await this.#firstDay()) ?? last) : writtenOn;
    for (let day = first > writtenOn ? first : writtenOn; day <= last; day = dayAfter(day)) {
      if (await this.store.read(entryName(day, entry))) return day;
    }
    return undefined;
  }

  /** The first day that has an entry. */
  async #firstDay(): Promise<string | undefined> {
    for await (const name of this.store.list(LOG)) {
      const day = ENTRY.exec(name)?.[1];
      if (day !== undefined) return day;
    }
    return undefined;
  }

  /** How many entries each day has, the oldest first; days with a root and nothing else are among them. */
  async counts(): Promise<Map<string, number>> {
    const counts = new Map((await this.#sealedDays()).map((day) => [day, 0]));
    for await (const name of this.store.list(LOG)) {
      const day = ENTRY.exec(name)?.[1];
      if (day !== undefined) counts.set(day, (counts.get(day) ?? 0) + 1);
    }
    return new Map([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** @throws {@link EvidenceDamage} when it was changed */
  async rootOf(day: string): Promise<DayRoot | undefined> {
    const bytes = await this.storedRoot(day);
    return bytes && parseRoot(bytes, day);
  }

  /** As it is stored: its SHA-256 is what a timestamp is about. */
  async storedRoot(day: string): Promise<Buffer | undefined> {
    return this.store.read(rootName(day));
  }

  /** The timestamp of a day, as the authority has sent it. */
  async tokenOf(day: string): Promise<Buffer | undefined> {
    return this.store.read(tokenName(day));
  }

  /** Store the timestamp of a day, unless it has one already. */
  async storeToken(day: string, token: Buffer): Promise<void> {
    await this.store.create(tokenName(day), token);
  }

  /** The entry of the timestamp of a day, and whether the log has it. */
  async tokenEntry(day: string, token: Buffer): Promise<{ readonly entry: LogEntry; readonly isLogged: boolean }> {
    const entry = { ref: TIMESTAMP, number: Number(day.replaceAll('-', '')), sha256: sha256(token) };
    return { entry, isLogged: await this.has(entry, day) };
  }

  /** Sealed days, the oldest first, and which of them have a timestamp. */
  async seals(): Promise<{ readonly day: string; readonly hasToken: boolean }[]> {
    const days: string[] = [];
    const stamped = new Set<string>();
    for await (const name of this.store.list(ROOTS)) {
      const day = ROOT.exec(name)?.[1];
      const token = TOKEN.exec(name)?.[1];
      if (day !== undefined) days.push(day);
      if (token !== undefined) stamped.add(token);
    }
    return days.map((day) => ({ day, hasToken: stamped.has(day) }));
  }

  /**
   * Check the root of a day against its entries and the root before.
   * @param copy the root that somebody has noted outside of the archive
   */
  async check(day: string, entries: readonly LogEntry[], copy?: string): Promise<Finding[]> {
    const bytes = await this.storedRoot(day);
    if (!bytes) {
      const wasWritten = copy !== undefined || (await this.#isFollowedByRoot(day)) || (await this.tokenOf(day));
      return wasWritten ? [FINDINGS.rootMissing(day)] : [];
    }
    let root: DayRoot;
    try {
      root = parseRoot(bytes, day);
    } catch (error) {
      if (error instanceof EvidenceDamage) return [error.finding];
      throw error;
    }
    const isOfEntries = root.count === entries.length && root.root === merkleRoot(entries.map(textOf));
    return [
      ...(isOfEntries ? [] : [FINDINGS.rootMismatch(day, root.count, entries.length)]),
      ...(root.previous === (await this.#previousOf(day)) ? [] : [FINDINGS.chainBroken(day)]),
      ...(copy === undefined || copy.toLowerCase() === root.root ? [] : [FINDINGS.rootNotTheCopy(day)]),
    ];
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
    const oldest = last === undefined ? ((await this.#firstDay()) ?? day) : dayAfter(last);
    const first = last === undefined && oldest > day ? day : oldest;
    for (let next = first; next <= day; next = dayAfter(next)) {
      const entries = await this.entries(next);
      const root: DayRoot = {
        day: next,
        count: entries.length,
        root: merkleRoot(entries.map(textOf)),
        previous: await this.#previousOf(next),
      };
      await this.store.create(rootName(next), Buffer.from(JSON.stringify(root)));
    }
    const root = await this.rootOf(day);
    if (root) return root;
    throw invalidArgument(`the log begins after ${day}`, `存证日志起始于 ${day} 之后`);
  }

  /** SHA-256 of the root before a day, as it is stored; empty when there is none. */
  async #previousOf(day: string): Promise<string> {
    const bytes = await this.storedRoot(dayAfter(day, -1));
    return bytes ? sha256(bytes) : '';
  }

  /** Whether a later day is sealed: then this one must be, too, unless the log begins later. */
  async #isFollowedByRoot(day: string): Promise<boolean> {
    return ((await this.#sealedDays()).at(-1) ?? '') > day;
  }

  async #sealedDays(): Promise<string[]> {
    return (await this.seals()).map(({ day }) => day);
  }
}

/** Byte by byte as it was written: a root has one form. */
function parseRoot(bytes: Buffer, expectedDay: string): DayRoot {
  try {
    const { day, count, root, previous } = JSON.parse(bytes.toString()) as DayRoot;
    const parsed = { day, count, root, previous };
    if (day === expectedDay && Buffer.from(JSON.stringify(parsed)).equals(bytes)) return parsed;
  } catch {
    // Refused below.
  }
  throw new EvidenceDamage(FINDINGS.rootUnreadable(expectedDay));
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

function tokenName(day: string): string {
  return `${ROOTS}${day}.tsr`;
}

function entryName(day: string, { ref, number, sha256 }: LogEntry): string {
  return `${LOG}${day}/${ref}-${number}-${sha256}`;
}

/** What is hashed of an entry. */
export function textOf({ ref, number, sha256 }: LogEntry): string {
  return `${ref} ${number} ${sha256}`;
}

/** RFC 6962 section 2.1: leaves and nodes are hashed with different prefixes. */
function merkleRoot(leaves: readonly string[]): string {
  return merkleHash(leaves.map((leaf) => hash(0, Buffer.from(leaf)))).toString('hex');
}

function merkleHash(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return createHash('sha256').digest();
  if (hashes.length === 1) return hashes[0]!;
  const split = splitOf(hashes.length);
  return hash(1, merkleHash(hashes.slice(0, split)), merkleHash(hashes.slice(split)));
}

/** The hashes that lead from a leaf to the root, in the order in which they are joined. */
function auditPath(
  leaves: readonly string[],
  index: number,
): { readonly side: 'left' | 'right'; readonly hash: Buffer }[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  const rootOf = (part: readonly string[]): Buffer => Buffer.from(merkleRoot(part), 'hex');
  return index < split
    ? [...auditPath(left, index), { side: 'right', hash: rootOf(right) }]
    : [...auditPath(right, index - split), { side: 'left', hash: rootOf(left) }];
}

/** The largest power of two that is smaller than the number of leaves. */
function splitOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}

function hash(prefix: 0 | 1, ...parts: readonly Buffer[]): Buffer {
  return createHash('sha256')
    .update(Buffer.concat([Buffer.from([prefix]), ...parts]))
    .digest();
}

function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}
