import { text as readStream } from 'node:stream/consumers';
import { endsAtMs } from '../../credentials/freshness.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { stateOf } from '../doctor/stored-state.js';
import { visitStore } from '../store/store-visit.js';
import { type Text, text } from '../text.js';
import { EXPLAIN_NONCE_TICKET, EXPLAIN_TICKET } from './explain-variables.js';
import type { KnownTicket } from './known-ticket.js';

/** The tickets of the variables. */
export function ticketsOfVariables(environment: Readonly<Record<string, string | undefined>>): KnownTicket[] {
  const [sign, nonce] = [environment[EXPLAIN_TICKET], environment[EXPLAIN_NONCE_TICKET]];
  return [...(sign ? [given('SIGN', sign)] : []), ...(nonce ? [given('NONCE', nonce)] : [])];
}

/** The tickets that come on stdin, one a line, NONCE tickets marked. */
export async function ticketsOfStdin(stream: NodeJS.ReadableStream): Promise<KnownTicket[]> {
  const lines = (await readStream(stream)).split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, type, ticket = ''] = /^(?:(SIGN|NONCE)\s+)?(.*)$/.exec(line.trim()) ?? [];
    return given(type === 'NONCE' ? 'NONCE' : 'SIGN', ticket);
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

function given(type: 'SIGN' | 'NONCE', ticket: string): KnownTicket {
  return { type, text: ticket, state: 'given' };
}
