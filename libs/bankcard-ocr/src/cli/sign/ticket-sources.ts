import { endsAtMs } from '../../credentials/freshness.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { stateOf } from '../doctor/stored-state.js';
import { visitStore } from '../store/store-visit.js';
import { INPUT_LIMITS, type InputStream, readTextStream, refused } from '../limited-input.js';
import { type Text, text } from '../text.js';
import { EXPLAIN_NONCE_TICKET, EXPLAIN_TICKET } from './explain-variables.js';
import type { KnownTicket } from './known-ticket.js';

const STDIN = '--tickets-from-stdin';

/**
 * The tickets of the variables.
 *
 * @throws {@link InputRefused}
 */
export function ticketsOfVariables(environment: Readonly<Record<string, string | undefined>>): KnownTicket[] {
  const [sign, nonce] = [environment[EXPLAIN_TICKET], environment[EXPLAIN_NONCE_TICKET]];
  return [
    ...(sign ? [given(EXPLAIN_TICKET, 'SIGN', sign)] : []),
    ...(nonce ? [given(EXPLAIN_NONCE_TICKET, 'NONCE', nonce)] : []),
  ];
}

/**
 * The tickets that come on stdin, one a line, NONCE tickets marked.
 *
 * @throws {@link InputRefused}
 */
export async function ticketsOfStdin(stream: InputStream & { readonly isTTY?: boolean }): Promise<KnownTicket[]> {
  const { stdinBytes, stdinMs, tickets: most } = INPUT_LIMITS;
  const input = await readTextStream(STDIN, stream, stdinBytes, stream.isTTY === true ? undefined : stdinMs);
  const lines = input.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  if (lines.length > most) throw refused(STDIN, `has more than ${most} tickets`, `超过 ${most} 个 ticket`);
  return lines.map((line) => {
    const [, type, ticket = ''] = /^(?:(SIGN|NONCE)\s+)?(.*)$/.exec(line.trim()) ?? [];
    return given(STDIN, type === 'NONCE' ? 'NONCE' : 'SIGN', ticket);
  });
}

/** What the ticket store has, and the app secret, which some have signed with. @returns a note when nothing can be had */
export async function ticketsOfStore(options: ResolvedOptions): Promise<{ tickets: KnownTicket[]; note?: Text }> {
  const secret: KnownTicket = { type: 'secret', text: options.secret.reveal(), state: 'given' };
  const visit = await visitStore(options).catch(() => undefined);
  if (!visit) return { tickets: [secret], note: NO_STORE };
  try {
    const look = await visit.look();
    if (look.kind !== 'record') return { tickets: [secret], note: NOTHING_STORED };
    const state = stateOf(look.record, { ...options, secret: options.secret.reveal() });
    const note = state.isUnusable ? WRONG_KEY : undefined;
    return { tickets: [...ticketsIn(state.usable, options.clock.now()), secret], note };
  } finally {
    await visit.close();
  }
}

const NO_STORE = text(
  'the ticket store of the environment cannot be looked into',
  '看不到环境变量所配置的 ticket 存储',
);
const NOTHING_STORED = text('the ticket store has no record to read', 'ticket 存储里没有可读的记录');
const WRONG_KEY = text(
  'the store key of the environment does not open what is stored',
  '这里的 storeKey 打不开已存的内容',
);

function ticketsIn({ current, earlier = [] }: TicketRecord, nowMs: number): KnownTicket[] {
  const replaced = earlier.map(({ number, signTicket, replacedAtMs }): KnownTicket => {
    return { type: 'SIGN', text: signTicket, state: 'replaced', generation: number, sinceMs: nowMs - replacedAtMs };
  });
  if (!current) return replaced;
  const { number: generation, signTicket, accessToken } = current;
  const sinceMs = nowMs - endsAtMs(current);
  const state = sinceMs >= 0 ? 'ended' : 'current';
  return [
    { type: 'SIGN', text: signTicket, state, generation, ...(state === 'ended' && { sinceMs }) },
    ...replaced,
    { type: 'token', text: accessToken, state, generation },
  ];
}

function given(source: string, type: 'SIGN' | 'NONCE', ticket: string): KnownTicket {
  const longest = INPUT_LIMITS.ticketLength;
  if (ticket.length <= longest) return { type, text: ticket, state: 'given' };
  throw refused(source, `has a ticket of more than ${longest} characters`, `的 ticket 超过 ${longest} 个字符`);
}
