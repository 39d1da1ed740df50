import { codeOrNameOf } from '../../errors/redaction.js';
import { type Text, text } from '../../errors/text.js';
import { sleep } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import { RecordOfAnotherVersion } from '../ticket-record.codec.js';
import type { TicketRecord } from '../ticket-record.js';

/** What a ticket store says about itself. Only its `findings` may be shown: a record holds credentials. */
export interface StoreInspection {
  readonly content: StoreContent;
  /** Whether the store can be used, first, and what is unusual about the place where it keeps credentials. */
  readonly findings: readonly StoreFinding[];
}

export type StoreContent =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'damaged' }
  /** Written by a newer version of the library. */
  | { readonly kind: 'another-version' }
  | { readonly kind: 'unreadable'; readonly code: string }
  /** Its credentials are in clear or sealed. */
  | { readonly kind: 'record'; readonly record: TicketRecord };

/** One result of an inspection, in both languages, without secrets. */
export interface StoreFinding {
  /** `fail` keeps the library from working, `warn` may one day. */
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  /** Which place, if that is not the store as a whole. */
  readonly about?: string;
  readonly found: Text;
  readonly todo?: Text;
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export type StoreProblem = StoreFinding & Required<Pick<StoreFinding, 'about' | 'todo'>>;

export async function contentFrom(read: () => Promise<StoreContent>): Promise<StoreContent> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RecordOfAnotherVersion) return { kind: 'another-version' };
    return { kind: 'unreadable', code: codeOrNameOf(error) };
  }
}

/** With the vendor's overlap; with a shorter one, a live holder would be taken for dead. */
const LEASE_TTL_MS = 3_500;

/** Take the lease and release it at once; that of a dead holder expires meanwhile. */
export async function tryLease(
  acquire: (ttlMs: number) => Promise<{ release(): Promise<void> } | undefined>,
  clock: Clock,
  facts: StoreFinding['facts'],
): Promise<StoreFinding> {
  const until = clock.monotonic() + LEASE_TTL_MS * 1.5;
  let lease = await acquire(LEASE_TTL_MS);
  while (!lease && clock.monotonic() < until) {
    await sleep(clock, LEASE_TTL_MS / 16);
    lease = await acquire(LEASE_TTL_MS);
  }
  await lease?.release();
  const found = text('can be read, written and leased', '可读、可写、可取得租约');
  if (lease) return { status: 'ok', found, facts: { ...facts, leased: true } };
  const held = text('can be read and written; another process holds the lease', '可读、可写；租约正被别的进程持有');
  const todo = text('Run this again: a refresh takes seconds', '请稍后再试：一次刷新只需几秒');
  return { status: 'warn', found: held, todo, facts: { ...facts, leased: false } };
}

export function readable(facts: StoreFinding['facts']): StoreFinding {
  return { status: 'ok', found: text('can be read', '可读'), facts };
}

export function describeFinding({ about, found, todo }: StoreProblem): Text {
  return text(`${about} ${found.en}: ${todo.en}`, `${about} ${found.zh}：${todo.zh}`);
}
