import { createHash } from 'node:crypto';
import { createTicketStore } from '../../account/create-ticket-store.js';
import { endsAtMs } from '../../credentials/credential-lifetime.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import type { TicketStore } from '../../credentials/store/ticket-store.js';
import { duration, type Text, text } from '../../errors/text.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { EXPLAIN_NONCE_TICKET, EXPLAIN_TICKET, type ExplainCommand, INPUT_LIMITS, type Purpose } from '../arguments.js';
import { InputRefused, type InputStream, readConfiguration, readTextStream, refused } from '../configuration.js';
import { usableRecord } from '../doctor/credentials.check.js';

/** The result of `sign --explain`, or why there is none. */
export type ExplainOutcome =
  | { readonly refusal: Text; readonly report?: undefined; readonly exitCode?: undefined }
  | { readonly refusal?: undefined; readonly report: string; readonly exitCode: 0 | 1 };

/** Find out which rule a signature broke. */
export async function runExplain(command: ExplainCommand): Promise<ExplainOutcome> {
  const { options } = readConfiguration(command.name);
  const appId = command.appId ?? options?.appId;
  if (appId === undefined) return { refusal: NO_APP_ID };
  let tickets: KnownTicket[];
  try {
    tickets = ticketsOfVariables(process.env);
    if (command.ticketsFromStdin) tickets.push(...(await ticketsOfStdin(process.stdin)));
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    return { refusal: error.why };
  }
  let note: Text | undefined;
  if (options && options.appId !== appId) note = ANOTHER_APP_ID;
  else if (options) {
    const stored = await ticketsOfStore(options);
    // Of a ticket that was handed in as well, the store knows the age.
    const isStored = (ticket: KnownTicket) => stored.tickets.some((one) => one.text === ticket.text);
    tickets = [...tickets.filter((ticket) => !isStored(ticket)), ...stored.tickets];
    note = stored.note;
  }
  if (!tickets.some(({ type }) => type === 'SIGN' || type === 'NONCE')) {
    const why = note ?? text('the environment configures no ticket store', '环境变量没有配置 ticket 存储');
    const refusal = text(
      `no ticket to compare with: set a variable or use --tickets-from-stdin (${why.en}); --help tells more`,
      `没有可供比较的 ticket：请设置环境变量，或用 --tickets-from-stdin（${why.zh}）；用 --help 查看说明`,
    );
    return { refusal };
  }
  const { purpose, orderNo, userId, nonce, version, sign } = command;
  const explanation = explainSignature({ purpose, values: { appId, orderNo, userId, nonce, version }, sign, tickets });
  return { report: explainReport(explanation, note, command), exitCode: explanation.fits ? 0 : 1 };
}

const NO_APP_ID = text(
  'missing: --app-id, and the environment has no right configuration to take it from',
  '缺少 --app-id，环境变量里也没有可用的配置',
);
const ANOTHER_APP_ID = text(
  'the ticket store of the environment belongs to another app id and was not read',
  '环境变量所配置的 ticket 存储属于另一个 app id，没有读取',
);

function explainReport(
  { fits, broken, ticket }: Explanation,
  note: Text | undefined,
  { purpose, json, language }: ExplainCommand,
): string {
  const rules = broken.map(({ rule, how }) => ({ rule, how: how[language] }));
  const notes = note ? [note[language]] : [];
  if (json) {
    const document = { command: 'sign', fits, exitCode: fits ? 0 : 1, for: purpose, broken: rules, ticket, notes };
    return JSON.stringify(document, undefined, 2);
  }
  const { en, zh } = PURPOSES[purpose].name;
  const by =
    ticket?.generation === undefined
      ? text('', '')
      : text(`, made with generation ${ticket.generation}`, `，用的是第 ${ticket.generation} 代 ticket`);
  const verdict = fits
    ? text(`fits, as a signature of ${en}${by.en}`, `签名正确（${zh}）${by.zh}`)
    : text(`does not fit, as a signature of ${en}`, `签名不对（${zh}）`);
  const lines = [...rules.map(({ rule, how }) => `${rule}: ${how}`), ...notes.map((one) => `(${one})`)];
  return [verdict[language], ...lines.map((line) => `  ${line}`)].join('\n');
}

/** A signature, and what is known of how it was made. */
export interface SignatureCase {
  readonly purpose: Purpose;
  readonly values: Readonly<Partial<Record<Exclude<ValueName, 'ticket'>, string>>>;
  readonly sign: string;
  readonly tickets: readonly KnownTicket[];
}

/** Why a signature fits, or does not. Nothing in it is secret. */
export interface Explanation {
  readonly fits: boolean;
  readonly broken: readonly BrokenRule[];
  /** The ticket that it was made with, without its text. */
  readonly ticket?: Omit<KnownTicket, 'text'>;
}

/** A rule of docs/protocol.md, section 4, that a signature broke, and how; `unknown`: nothing that was tried gives it. */
export interface BrokenRule {
  readonly rule: 'form' | 'letter-case' | 'order' | 'ticket-type' | 'stale-generation' | 'unknown';
  readonly how: Text;
}

type ValueName = keyof typeof VALUES;

/** The values that are signed: what they are called here, and in the vendor's parameters. */
const VALUES = {
  appId: { name: text('app id', 'app id'), parameter: 'app_id' },
  orderNo: { name: text('order number', '订单号'), parameter: 'order_no' },
  userId: { name: text('user id', '用户 ID'), parameter: 'user_id' },
  version: { name: text('version', 'version'), parameter: 'version' },
  nonce: { name: text('nonce', 'nonce'), parameter: 'nonce' },
  ticket: { name: text('ticket', 'ticket'), parameter: 'ticket' },
};

/** What is signed with which ticket, the values in the order of the vendor's documents (docs/protocol.md, section 4). */
const PURPOSES: Readonly<
  Record<Purpose, { readonly name: Text; readonly values: readonly ValueName[]; readonly ticketType: 'SIGN' | 'NONCE' }>
> = {
  query: {
    name: text('a query', '查询'),
    values: ['appId', 'orderNo', 'version', 'nonce', 'ticket'],
    ticketType: 'SIGN',
  },
  launch: {
    name: text('a launch of the phone SDK', '启动手机 SDK'),
    values: ['appId', 'userId', 'version', 'nonce', 'ticket'],
    ticketType: 'NONCE',
  },
  report: {
    name: text('a report of the phone SDK', '手机 SDK 回传'),
    values: ['appId', 'orderNo', 'ticket'],
    ticketType: 'SIGN',
  },
};

/** Find out how a signature was made: by the rules, or in another order of values, with every known ticket. Pure. */
export function explainSignature({ purpose, values, sign, tickets }: SignatureCase): Explanation {
  const { values: names, ticketType } = PURPOSES[purpose];
  const signature = sign.trim().toUpperCase();
  if (!/^[0-9A-F]{40}$/.test(signature)) {
    const { length } = sign.trim();
    const how = text(
      `it must be 40 hexadecimal digits; it has ${length} characters`,
      `必须是 40 位十六进制；现在有 ${length} 个字符`,
    );
    return { fits: false, broken: [{ rule: 'form', how }] };
  }
  // The vendor's own signatures come in any letter case.
  const broken: BrokenRule[] = purpose !== 'report' && sign.trim() !== signature ? [LOWER_CASE] : [];
  const orders = permutations(names);
  for (const ticket of tickets) {
    const valueOf = (name: ValueName): string => (name === 'ticket' ? ticket.text : (values[name] ?? ''));
    const sorted = names.toSorted((a, b) => compare(valueOf(a), valueOf(b)));
    const order = [sorted, ...orders].find((one) => sha1(one.map(valueOf).join('')) === signature);
    if (!order) continue;
    broken.push(...ticketFaults(ticket, purpose));
    if (order !== sorted) broken.push(wrongOrder(order));
    const { text: _secret, ...shown } = ticket;
    return { fits: broken.length === 0, broken, ticket: shown };
  }
  const isKnown = tickets.some(({ type }) => type === ticketType);
  const how = isKnown
    ? text(
        'no ticket that is known gives it, in whatever order: it was made with another ticket, with other values, or not with SHA-1 over UTF-8',
        '已知的 ticket 都得不到这个签名，换任何顺序也不行：用的是别的 ticket、别的值，或者不是对 UTF-8 做 SHA-1',
      )
    : text(`no ${ticketType} ticket is known to compare with`, `没有可供比较的 ${ticketType} ticket`);
  return { fits: false, broken: [...broken, { rule: 'unknown', how }] };
}

const LOWER_CASE: BrokenRule = {
  rule: 'letter-case',
  how: text('it has lower-case digits: the vendor wants 0-9 and A-F', '含有小写字母：必须是 0-9 和 A-F'),
};

function wrongOrder(order: readonly ValueName[]): BrokenRule {
  const byParameter = order.toSorted((a, b) => compare(VALUES[a].parameter, VALUES[b].parameter));
  if (byParameter.every((name, index) => name === order[index])) {
    return { rule: 'order', how: text('sorted by parameter name, not by value', '按参数名排序，应按值排序') };
  }
  const how = text(
    `not sorted, but joined as ${order.map((name) => VALUES[name].name.en).join(', ')}`,
    `没有排序，而是按这个顺序拼接：${order.map((name) => VALUES[name].name.zh).join('、')}`,
  );
  return { rule: 'order', how };
}

/** By UTF-16 code unit. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length <= 1) return [[...all]];
  return all.flatMap((one, index) => permutations(all.toSpliced(index, 1)).map((rest) => [one, ...rest]));
}

function sha1(joined: string): string {
  return createHash('sha1').update(joined, 'utf8').digest('hex').toUpperCase();
}

/** What a signature may have been made with. `text` is secret. */
export interface KnownTicket {
  /** `token` and `secret` are no tickets, but have been taken for one. */
  readonly type: keyof typeof TICKET_TYPES;
  readonly text: string;
  /** `given` by variable or stdin; in the store: in use, beyond its end, or replaced by a newer one. */
  readonly state: 'given' | 'current' | 'ended' | 'replaced';
  readonly generation?: number;
  /** How long ago it ended or was replaced, in milliseconds. */
  readonly sinceMs?: number;
}

const TICKET_TYPES = {
  SIGN: text('a SIGN ticket', 'SIGN ticket'),
  NONCE: text('a NONCE ticket', 'NONCE ticket'),
  token: text('the access token', 'access token'),
  secret: text('the app secret', '应用密钥'),
};

function ticketFaults({ type, state, generation, sinceMs = 0 }: KnownTicket, purpose: Purpose): BrokenRule[] {
  const { ticketType } = PURPOSES[purpose];
  if (type !== ticketType) {
    const [used, right] = [TICKET_TYPES[type], TICKET_TYPES[ticketType]];
    const how = text(`signed with ${used.en} instead of ${right.en}`, `用了 ${used.zh}，应该用 ${right.zh}`);
    return [{ rule: 'ticket-type', how }];
  }
  // A phone may report late, and the vendor signed with what was current then.
  if (state === 'given' || state === 'current' || (purpose === 'report' && state === 'replaced')) return [];
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
  return [{ rule: 'stale-generation', how }];
}

const STDIN = '--tickets-from-stdin';

/** @throws {@link InputRefused} */
function ticketsOfVariables(environment: Readonly<Record<string, string | undefined>>): KnownTicket[] {
  const [sign, nonce] = [environment[EXPLAIN_TICKET], environment[EXPLAIN_NONCE_TICKET]];
  return [
    ...(sign ? [given(EXPLAIN_TICKET, 'SIGN', sign)] : []),
    ...(nonce ? [given(EXPLAIN_NONCE_TICKET, 'NONCE', nonce)] : []),
  ];
}

/** One ticket a line, NONCE tickets marked. @throws {@link InputRefused} */
async function ticketsOfStdin(stream: InputStream & { readonly isTTY?: boolean }): Promise<KnownTicket[]> {
  const { stdinBytes, stdinMs, tickets: most } = INPUT_LIMITS;
  const input = await readTextStream(STDIN, stream, stdinBytes, stream.isTTY === true ? undefined : stdinMs);
  const lines = input.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  if (lines.length > most) throw refused(STDIN, `has more than ${most} tickets`, `超过 ${most} 个 ticket`);
  return lines.map((line) => {
    const [, type, ticket = ''] = /^(?:(SIGN|NONCE)\s+)?(.*)$/.exec(line.trim()) ?? [];
    return given(STDIN, type === 'NONCE' ? 'NONCE' : 'SIGN', ticket);
  });
}

function given(source: string, type: 'SIGN' | 'NONCE', ticket: string): KnownTicket {
  const longest = INPUT_LIMITS.ticketLength;
  if (ticket.length <= longest) return { type, text: ticket, state: 'given' };
  throw refused(source, `has a ticket of more than ${longest} characters`, `的 ticket 超过 ${longest} 个字符`);
}

/** What the ticket store has, and the app secret, which some have signed with; a note says why there is nothing else. */
async function ticketsOfStore(options: ResolvedOptions): Promise<{ tickets: KnownTicket[]; note?: Text }> {
  const secret: KnownTicket = { type: 'secret', text: options.secret.reveal(), state: 'given' };
  const store: TicketStore | undefined = await createTicketStore(options, () => undefined).catch(() => undefined);
  if (!store || store.scope === 'process') {
    return {
      tickets: [secret],
      note: text('this process cannot see into the ticket store', '当前进程看不到 ticket 存储'),
    };
  }
  try {
    const { content } = await store.inspect('read');
    if (content.kind !== 'record') {
      return { tickets: [secret], note: text('the ticket store has no record to read', 'ticket 存储里没有可读的记录') };
    }
    const usable = usableRecord(content.record, options);
    const note = content.record.current && !usable.current ? WRONG_KEY : undefined;
    return { tickets: [...ticketsIn(usable, options.clock.now()), secret], ...(note && { note }) };
  } finally {
    await store.close();
  }
}

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
