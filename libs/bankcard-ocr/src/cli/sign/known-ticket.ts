import { duration, type Text, text } from '../text.js';
import type { Purpose } from '../arguments.js';
import type { BrokenRule } from './signing-rule.js';

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
