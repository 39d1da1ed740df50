import { endsAtMs } from '../../credentials/credential-lifetime.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { Purpose } from '../arguments.js';
import { stateOf } from '../doctor/stored-state.js';
import { INPUT_LIMITS, type InputStream, readTextStream, refused } from '../limited-input.js';
import { openStoreProbe } from '../store/open-store-probe.js';
import { duration, type Text, text } from '../text.js';
import type { BrokenRule } from './signature-recipe.js';

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
  const visit = await openStoreProbe(options).catch(() => undefined);
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
  '这里的 storeEncryptionKey 打不开已存的内容',
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

/** The variable that holds a SIGN ticket for `sign --explain`. */
export const EXPLAIN_TICKET = 'BANKCARD_OCR_EXPLAIN_TICKET';
/** The variable that holds a NONCE ticket for `sign --explain`. */
export const EXPLAIN_NONCE_TICKET = 'BANKCARD_OCR_EXPLAIN_NONCE_TICKET';

/** Something that a signature may have been made with. `text` is secret. */
export interface KnownTicket {
  /** `token` and `secret` are no tickets, but have been taken for one. */
  readonly type: 'SIGN' | 'NONCE' | 'token' | 'secret';
  readonly text: string;
  /** `given` by variable or stdin; of the store: in use, beyond its end, or replaced by a newer one. */
  readonly state: 'given' | 'current' | 'ended' | 'replaced';
  readonly generation?: number;
  /** How long ago it ended or was replaced, in milliseconds. */
  readonly sinceMs?: number;
}

const TYPE_TEXTS: Readonly<Record<KnownTicket['type'], Text>> = {
  SIGN: text('a SIGN ticket', 'SIGN ticket'),
  NONCE: text('a NONCE ticket', 'NONCE ticket'),
  token: text('the access token', 'access token'),
  secret: text('the app secret', '应用密钥'),
};

/** The type that a purpose wants (protocol.md section 4). */
export function ticketTypeFor(purpose: Purpose): 'SIGN' | 'NONCE' {
  return purpose === 'launch' ? 'NONCE' : 'SIGN';
}

/** What is wrong with signing with this ticket, if anything. */
export function faultOfTicket(
  { type, state, generation, sinceMs = 0 }: KnownTicket,
  purpose: Purpose,
): BrokenRule | undefined {
  const wanted = ticketTypeFor(purpose);
  if (type !== wanted) {
    const [used, right] = [TYPE_TEXTS[type], TYPE_TEXTS[wanted]];
    const how = text(`signed with ${used.en} instead of ${right.en}`, `用了 ${used.zh}，应该用 ${right.zh}`);
    return { rule: 'ticket-type', how };
  }
  // A phone may report late, and the vendor signed with what was current then.
  if (state === 'given' || state === 'current' || (purpose === 'report' && state === 'replaced')) return undefined;
  const ago = duration(sinceMs);
  const how =
    state === 'ended'
      ? text(
          `signed with generation ${generation}, which ended ${ago.en} ago`,
          `用的是第 ${generation} 代 ticket，已过期 ${ago.zh}`,
        )
      : text(
          `signed with generation ${generation}, which was replaced ${ago.en} ago: it worked for one more minute`,
          `用的是第 ${generation} 代 ticket，${ago.zh}前已被替换，之后只能再用一分钟`,
        );
  return { rule: 'stale-generation', how };
}
