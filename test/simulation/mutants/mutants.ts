import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A deliberate breakage of the credential code. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What stands in the file exactly once, and what comes in its place. */
  readonly changes: readonly (readonly [string, string])[];
  /** In which it is to be noticed. */
  readonly mixes: readonly string[];
  /** Within so many seeds. */
  readonly within: number;
}

const credentials = (file: string): string => `libs/bankcard-ocr/src/credentials/${file}`;
const NOTHING_HELD = `{ id: '', signal: new AbortController().signal, throwIfLost() {}, async release() {} }`;

/** All of them. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no lease: whoever wants to refresh does',
    file: credentials('refresher.ts'),
    changes: [
      [
        'const lease = await records.lease(timings.leaseTtlMs);',
        `const lease: TicketLease | undefined = ${NOTHING_HELD};`,
      ],
      [
        'const { role, records, clock, timings } = this.context;\n    if (role',
        'const { role, clock, timings } = this.context;\n    if (role',
      ],
    ],
    mixes: ['calm'],
    within: 10,
  },
  {
    name: 'no look after the lease was won',
    file: credentials('refresher.ts'),
    changes: [["if (plan.do === 'serve') return 0;", '']],
    mixes: ['storeSlow', 'pause'],
    within: 120,
  },
  {
    name: 'no fencing: every write goes on top of whatever is there',
    file: credentials('ticket-record-repository.ts'),
    changes: [
      [
        'store.compareAndSet(expected, sealed, lease)',
        'store.read().then((last) => store.compareAndSet(last, sealed))',
      ],
    ],
    mixes: ['pause', 'suspend', 'focus'],
    within: 60,
  },
  {
    name: 'no fence on a write without a lease',
    file: credentials('ticket-record-repository.ts'),
    changes: [
      [
        'store.compareAndSet(expected, sealed, lease)',
        'store.read().then((last) => store.compareAndSet(lease ? expected : last, sealed, lease))',
      ],
    ],
    mixes: ['lossFocus', 'severalFocus'],
    within: 120,
  },
  {
    name: 'the lease never ends for its holder',
    file: credentials('store/lease-heartbeat.ts'),
    changes: [['  #lose(): void {\n', '  #lose(): void {\n    if (this.ttlMs > 0) return;\n']],
    mixes: ['stretched', 'pauseFocus'],
    within: 60,
  },
  {
    name: 'no signs of life for the lease',
    file: credentials('store/lease-heartbeat.ts'),
    changes: [['if (!(await this.beat())) return this.#lose();', 'if (this.ttlMs < 0) await this.beat();']],
    mixes: ['vendorSlow', 'vendorDown'],
    within: 40,
  },
  {
    name: 'the lease is not looked at again before a call',
    file: credentials('refresher.ts'),
    changes: [
      [
        'await stored.markAsked(forced ? clock.now() : undefined);\n    stored.lease.throwIfLost();\n',
        'await stored.markAsked(forced ? clock.now() : undefined);\n',
      ],
      ['    stored.lease.throwIfLost();\n    const { accessToken', '    const { accessToken'],
    ],
    mixes: ['pauseWrite'],
    within: 80,
  },
  {
    name: 'refreshes of one process overlap',
    file: credentials('refresh-scheduler.ts'),
    changes: [['this.#running ??= this.#run(wanted)', 'this.#running = this.#run(wanted)']],
    mixes: ['noBackground', 'vendorDown'],
    within: 60,
  },
  {
    name: 'jitter makes refreshes later instead of earlier',
    file: credentials('credential-cache.ts'),
    changes: [['dueAt(held, intervalMs, overlapMs) - jitterMs', 'dueAt(held, intervalMs, overlapMs) + jitterMs']],
    mixes: ['calm', 'idle'],
    within: 10,
  },
  {
    name: 'no poll of the store',
    file: credentials('refresh-scheduler.ts'),
    changes: [['timings.pollMs * (1 - random.next() / 5)', 'timings.pollMs * (1e6 + random.next())']],
    mixes: ['messages'],
    within: 30,
  },
  {
    name: 'blind to new generations of others',
    file: credentials('credential-cache.ts'),
    changes: [
      [
        'if (latest && this.latest && !isNewer(stored, latest, askedAtLatestMs(this.latest, clock))) return;',
        'if (latest) return;',
      ],
    ],
    mixes: ['calm'],
    within: 10,
  },
  {
    name: 'takes over whatever is stored, newer or not',
    file: credentials('credential-lifetime.ts'),
    changes: [['if (stored.id === held.id) return false;', 'if (stored.id !== held.id) return true;']],
    mixes: ['storeLost', 'lossFocus'],
    within: 40,
  },
  {
    name: 'the token of one generation and the ticket of another',
    file: credentials('refresher.ts'),
    changes: [
      [
        '      signTicket: ticket.value,\n',
        '      signTicket: ticket.value,\n      accessToken: cache.latest?.record.accessToken ?? pending.accessToken,\n',
      ],
    ],
    mixes: ['calm'],
    within: 5,
  },
  {
    name: 'a token that waits for its ticket is ignored',
    file: credentials('refresher.ts'),
    changes: [["if (plan.do === 'finish' && !(await this.#isRefused(plan.token, stored))) return;", '']],
    mixes: ['vendorDown', 'vendorCode'],
    within: 40,
  },
  {
    name: 'no mark before a token is asked for',
    file: credentials('refresher.ts'),
    changes: [
      [
        '    if (this.#latest && !this.ours) return;\n    const sinceMs',
        '    if (this.#latest) return;\n    const sinceMs',
      ],
    ],
    mixes: ['focus', 'crash', 'fileFocus'],
    within: 160,
  },
  {
    name: 'no mark of suspicion',
    file: credentials('refresher.ts'),
    changes: [['tries < TRIES; tries += 1', 'tries < 0; tries += 1']],
    mixes: ['leaseIdle'],
    within: 60,
  },
  {
    name: 'what the store has lost is not written back',
    file: credentials('credential-cache.ts'),
    changes: [
      [
        'if (!valid || (record && !this.ours(record))) return undefined;',
        'if (!valid || !record || record) return undefined;',
      ],
    ],
    mixes: ['storeLost', 'lossFocus'],
    within: 40,
  },
  {
    name: 'no wait after something was written back',
    file: credentials('refresh-plan.ts'),
    changes: [
      [
        'const untilSettledMs = timings.leaseTtlMs - ageOrInfinity(record?.writtenBackAtMs, now);',
        'const untilSettledMs = 0 * ageOrInfinity(record?.writtenBackAtMs, now);',
      ],
    ],
    mixes: ['lossFocus'],
    within: 80,
  },
  {
    name: 'a token response that cannot be read is asked for again soon',
    file: credentials('refresher.ts'),
    changes: [['isUnreadable ? unreadableToken(thrown, timings.overlapMs) : thrown', 'thrown']],
    mixes: ['vendorLost'],
    within: 20,
  },
  {
    name: 'credentials are thought to live no longer than the vendor says, however brief that is',
    file: credentials('refresher.ts'),
    changes: [
      ['tokenLifeMs: Math.max(token.lifeMs, timings.overlapMs)', 'tokenLifeMs: Math.max(token.lifeMs, 1)'],
      ['ticketLifeMs: Math.max(ticket.lifeMs, timings.overlapMs)', 'ticketLifeMs: Math.max(ticket.lifeMs, 1)'],
    ],
    mixes: ['vendorBrief'],
    within: 20,
  },
  {
    name: 'a refresh is due sooner than an overlap after the one before',
    file: credentials('credential-lifetime.ts'),
    changes: [['Math.max(lifeMs / 2, lifeMs - overlapMs, overlapMs)', 'Math.max(lifeMs / 2, lifeMs - overlapMs)']],
    mixes: ['vendorBrief'],
    within: 20,
  },
  {
    name: 'no growing pause between failures',
    file: credentials('refresh-backoff.ts'),
    changes: [['backoffMs(attempts, firstRetryMs', 'backoffMs(1, firstRetryMs']],
    mixes: ['vendorDown', 'vendorCode'],
    within: 40,
  },
  {
    name: 'no pause that all share',
    file: credentials('refresh-plan.ts'),
    changes: [['if (!ours?.failed) return undefined;', 'if (!ours?.failed || ours) return undefined;']],
    mixes: ['vendorDown'],
    within: 30,
  },
  {
    name: 'what one process alone cannot reach holds all others back',
    file: credentials('refresher.ts'),
    changes: [['const by = isAlone ? id : undefined;', 'const by = isAlone && id === undefined ? id : undefined;']],
    mixes: ['partition'],
    within: 250,
  },
  {
    name: 'forced refreshes are not kept apart',
    file: credentials('refresh-plan.ts'),
    changes: [['if (forced && sinceMs < timings.overlapMs)', 'if (forced && sinceMs < 0)']],
    mixes: ['forced'],
    within: 30,
  },
  {
    name: 'rejected credentials are not renewed',
    file: credentials('ticket.service.ts'),
    changes: [
      [
        'if (!this.#rejections.rejected(rejected, error)) return undefined;',
        'if (!this.#rejections.rejected(rejected, error) || error) return undefined;',
      ],
    ],
    mixes: ['earlyDeath', 'foreign'],
    within: 30,
  },
  {
    name: 'credentials of another secret are used',
    file: credentials('credential-cache.ts'),
    changes: [
      [
        'if (!record || record.secretFingerprint === this.context.secretFingerprint) return record;',
        'if (record || this.context.secretFingerprint) return record;',
      ],
    ],
    mixes: ['secret'],
    within: 20,
  },
  {
    name: 'a reader refreshes',
    file: credentials('refresh-scheduler.ts'),
    changes: [['new Refresher(context)', "new Refresher({ ...context, role: 'refresher' })"]],
    mixes: ['crash', 'calm', 'earlyDeath'],
    within: 40,
  },
  {
    name: 'a timer is left at the end',
    file: credentials('refresh-scheduler.ts'),
    changes: [['    this.#wakeUp?.cancel();\n    await', '    await']],
    mixes: ['calm'],
    within: 5,
  },
  {
    name: 'an early timer ends the schedule',
    file: credentials('refresh-scheduler.ts'),
    changes: [
      [
        '    } finally {\n      this.#sleep();\n    }',
        '    } finally {\n      if (clock.monotonic() >= Math.min(this.#syncAt, this.#refreshAt)) this.#sleep();\n    }',
      ],
    ],
    mixes: ['idle', 'alone'],
    within: 20,
  },
  {
    name: 'a failed refresh is not tried again by the schedule',
    file: credentials('refresh-scheduler.ts'),
    changes: [['last ? last.retryAt : cache.dueAt', 'last ? Number.POSITIVE_INFINITY : cache.dueAt']],
    mixes: ['vendorDown', 'alone'],
    within: 30,
  },
  {
    name: 'records are dated by the wall clock after a suspension',
    file: credentials('credential-lifetime.ts'),
    changes: [
      [
        'const offsetMs = Math.min(held.behindMs, behindMs(clock));',
        'const offsetMs = held.behindMs * 0 + behindMs(clock);',
      ],
    ],
    mixes: ['suspendLost'],
    within: 60,
  },
  {
    name: 'what others have left unfinished is left so',
    file: credentials('ticket-record.ts'),
    changes: [
      [
        'return (record?.pending ?? record?.unanswered) !== undefined;',
        'return record === undefined && (record?.pending ?? record?.unanswered) !== undefined;',
      ],
    ],
    mixes: ['crash', 'focus'],
    within: 60,
  },
  {
    name: 'credentials are used beyond their end',
    file: credentials('credential-cache.ts'),
    changes: [
      ['return this.latest && this.#now < this.latest.endsAt ? this.latest : undefined;', 'return this.latest;'],
    ],
    mixes: ['vendorDown', 'storeDown'],
    within: 80,
  },
  {
    name: 'generations are counted anew by each process',
    file: credentials('refresher.ts'),
    changes: [['return Math.max(...numbers.map((number) => number ?? 0));', 'return numbers.length - 4;']],
    mixes: ['calm'],
    within: 10,
  },
  {
    name: 'what a process is still writing is taken for lost',
    file: credentials('refresher.ts'),
    changes: [['if (this.#last?.isBeingWritten) return record;', '']],
    mixes: ['storeSlow'],
    within: 60,
  },
  {
    name: 'no foreign refresh is ever reported',
    file: credentials('rejection-tracker.ts'),
    changes: [['if (this.#reported.generationId === generationId) return;', 'if (generationId) return;']],
    mixes: ['foreign'],
    within: 20,
  },
  {
    name: 'every rejection is taken for a foreign refresh',
    file: credentials('rejection-tracker.ts'),
    changes: [
      [
        'if (valid?.credentials.generationId !== generationId || isBeingReplaced) return undefined;',
        'if (!valid || (isBeingReplaced && !valid)) return undefined;',
      ],
    ],
    mixes: ['pause', 'vendorLost', 'focus'],
    within: 80,
  },
];

/**
 * The text of a mutant's file. A change that is not found exactly once is a mistake, not a mutant.
 *
 * @param root of the repository
 */
export function mutatedText(root: string, { name, file, changes }: Mutant): string {
  let text = readFileSync(path.join(root, file), 'utf8');
  for (const [from, to] of changes) {
    const times = text.split(from).length - 1;
    if (times !== 1) throw new Error(`the mutant '${name}' finds its place ${times} times in ${file}: ${from}`);
    text = text.replace(from, () => to);
  }
  return text;
}
