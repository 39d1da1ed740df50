import type { EvidenceStore } from './evidence-store.js';
import { EvidenceDamage, FINDINGS } from './finding.js';
import { folderOf } from './manifest.js';
import { sha256 } from './sealing.js';

/** Who decided something about an order, and why; both are kept for good and should not name the card holder. */
export interface Decision {
  readonly by: string;
  readonly why: string;
}

/** A decision as it is stored: never changed, each names the one before. */
export type HistoryEntry = Decision & { readonly at: string; readonly previous: string } & (
    | { readonly type: 'restricted' | 'unrestricted' | 'hold-ended' | 'erased' }
    /** Until when, ISO 8601. */
    | { readonly type: 'held'; readonly until: string }
  );

export type NewEntry = Decision & { readonly type: HistoryEntry['type']; readonly until?: string };

/**
 * - `kept`: it can be read.
 * - `restricted`: stored, and unreadable to the application (PIPL art. 47).
 * - `held`: under a legal hold: it can be read, and not be erased.
 * - `erased`: its key is destroyed; hashes and this history stay.
 */
export type OrderState = 'kept' | 'restricted' | 'held' | 'erased';

/** What was decided about an order so far. */
export interface OrderHistory {
  readonly entries: readonly HistoryEntry[];
  /** SHA-256 of each entry as it is stored. */
  readonly hashes: readonly string[];
  readonly isRestricted: boolean;
  /** The end of the hold; a hold that is over is none. */
  readonly heldUntil: Date | undefined;
  readonly isErased: boolean;
}

/** That of an order about which nothing was decided. */
export const NO_HISTORY: OrderHistory = historyOf({ entries: [], hashes: [] }, 0);

/** Where the decisions about an order are. */
export function historyFolder(ref: string): string {
  return `${folderOf(ref)}history/`;
}

/** The name of a decision, which counts from 1. */
export function decisionName(ref: string, number: number): string {
  return `${historyFolder(ref)}${String(number).padStart(6, '0')}.json`;
}

/** @throws `BankCardOcrError` `EVIDENCE_DAMAGED` when an entry was changed or taken away */
export async function readHistory(store: EvidenceStore, ref: string, nowMs: number): Promise<OrderHistory> {
  return historyOf(await readChain(store, ref), nowMs);
}

function historyOf({ entries, hashes }: Awaited<ReturnType<typeof readChain>>, nowMs: number): OrderHistory {
  let isRestricted = false;
  let until: string | undefined;
  for (const entry of entries) {
    if (entry.type === 'held') until = entry.until;
    else if (entry.type === 'hold-ended') until = undefined;
    else if (entry.type !== 'erased') isRestricted = entry.type === 'restricted';
  }
  const heldUntil = until !== undefined && Date.parse(until) > nowMs ? new Date(until) : undefined;
  return { entries, hashes, isRestricted, heldUntil, isErased: entries.some(({ type }) => type === 'erased') };
}

/** The state to show: the strongest that applies. */
export function stateOf({ isErased, isRestricted, heldUntil }: OrderHistory): OrderState {
  if (isErased) return 'erased';
  if (isRestricted) return 'restricted';
  return heldUntil ? 'held' : 'kept';
}

/**
 * Write a decision behind the others. When another process has written one meanwhile, it is decided again on top of that: a
 * hold that comes during an erasure wins or loses as a whole.
 * @param decide what to write; undefined for nothing
 */
export async function addEntry(
  store: EvidenceStore,
  ref: string,
  nowMs: number,
  decide: (history: OrderHistory) => NewEntry | undefined,
): Promise<void> {
  for (;;) {
    const chain = await readChain(store, ref);
    const entry = decide(historyOf(chain, nowMs));
    if (!entry) return;
    const { entries, hashes } = chain;
    const stored = JSON.stringify({ ...entry, at: new Date(nowMs).toISOString(), previous: hashes.at(-1) ?? '' });
    const bytes = Buffer.from(stored);
    if (await store.create(decisionName(ref, entries.length + 1), bytes)) return;
  }
}

async function readChain(store: EvidenceStore, ref: string): Promise<{ entries: HistoryEntry[]; hashes: string[] }> {
  const entries: HistoryEntry[] = [];
  const hashes: string[] = [];
  for await (const name of store.list(historyFolder(ref))) {
    const bytes = await store.read(name);
    if (!bytes || name !== decisionName(ref, entries.length + 1)) {
      throw changed(`decision ${entries.length + 1} is missing`, `第 ${entries.length + 1} 条决定缺失`);
    }
    let entry: HistoryEntry;
    try {
      entry = JSON.parse(bytes.toString()) as HistoryEntry;
    } catch {
      throw changed(`decision ${entries.length + 1} is no JSON`, `第 ${entries.length + 1} 条决定不是 JSON`);
    }
    if (entry?.previous !== (hashes.at(-1) ?? '') || Number.isNaN(Date.parse(entry.at))) {
      throw changed(
        `decision ${entries.length + 1}, or the one before it, was changed`,
        `第 ${entries.length + 1} 条决定或其前一条被改动`,
      );
    }
    entries.push(entry);
    hashes.push(sha256(bytes));
  }
  return { entries, hashes };
}

function changed(why: string, whyZh: string): EvidenceDamage {
  return new EvidenceDamage(FINDINGS.historyChanged(why, whyZh));
}
