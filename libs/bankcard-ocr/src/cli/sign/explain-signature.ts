import { createHash } from 'node:crypto';
import { createTicketStore } from '../../account/create-ticket-store.js';
import { endsAtMs } from '../../credentials/credential-lifetime.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import { duration, type Text, text } from '../../errors/text.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { EXPLAIN_VARIABLES, type ExplainCommand, type Purpose } from '../arguments.js';
import { readConfiguration } from '../configuration.js';
import { usableRecord } from '../doctor/credentials.check.js';
import { INPUT_LIMITS, InputRefused, readTextStream, refused } from '../input.js';

/**
 * Find out which rule a signature broke.
 *
 * @throws {@link InputRefused}
 */
export async function runExplain(command: ExplainCommand): Promise<{ report: string; exitCode: 0 | 1 }> {
  const { options } = readConfiguration(command.name);
  const { appId = options?.appId, orderNo = '', userId = '', nonce = '', version } = command;
  if (appId === undefined) {
    const en = 'missing: --app-id, and the environment has no right configuration to take it from';
    throw new InputRefused(text(en, '缺少 --app-id，环境变量里也没有可用的配置'));
  }
  const { tickets: stored, note } = await ticketsOfStore(options, appId);
  // The store knows the age of a ticket that was handed in as well: it comes first.
  const tickets = [...stored, ...ticketsOfVariables(), ...(command.ticketsFromStdin ? await ticketsOfStdin() : [])];
  if (!tickets.some(({ type }) => type === 'SIGN' || type === 'NONCE')) {
    const why = note ?? text('the environment configures no ticket store', '环境变量没有配置 ticket 存储');
    const [en, zh] = [`no ticket to compare with (${why.en})`, `没有可供比较的 ticket（${why.zh}）`];
    throw new InputRefused(text(`${en}: set a variable or use --tickets-from-stdin`, `${zh}；用 --help 查看说明`));
  }
  const values = { app_id: appId, order_no: orderNo, user_id: userId, version, nonce };
  const explanation = explainSignature({ purpose: command.purpose, values, sign: command.sign, tickets });
  return { report: explainReport(explanation, note, command), exitCode: explanation.fits ? 0 : 1 };
}

function explainReport(explanation: Explanation, note: Text | undefined, command: ExplainCommand): string {
  const { fits, broken, ticket } = explanation;
  const { purpose, json, language } = command;
  const rules = broken.map(({ rule, how }) => ({ rule, how: how[language] }));
  const notes = note ? [note[language]] : [];
  if (json) {
    const document = { command: 'sign', fits, exitCode: fits ? 0 : 1, for: purpose, broken: rules, ticket, notes };
    return JSON.stringify(document, undefined, 2);
  }
  const { en, zh } = PURPOSES[purpose].name;
  const number = ticket?.generation;
  const made = number === undefined ? ['', ''] : [`, made with generation ${number}`, `，用的是第 ${number} 代 ticket`];
  const verdict = fits
    ? text(`fits, as a signature of ${en}${made[0]}`, `签名正确（${zh}）${made[1]}`)
    : text(`does not fit, as a signature of ${en}`, `签名不对（${zh}）`);
  const lines = [...rules.map(({ rule, how }) => `  ${rule}: ${how}`), ...notes.map((one) => `  (${one})`)];
  return [verdict[language], ...lines].join('\n');
}

/** A signature, and what is known of how it was made. */
export interface SignatureCase {
  readonly purpose: Purpose;
  readonly values: Readonly<Record<Parameter, string>>;
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
interface BrokenRule {
  readonly rule: 'form' | 'letter-case' | 'order' | 'ticket-type' | 'stale-generation' | 'unknown';
  readonly how: Text;
}

type Parameter = 'app_id' | 'order_no' | 'user_id' | 'version' | 'nonce';

interface SignedPurpose {
  readonly name: Text;
  /** In the order of the vendor's documents (docs/protocol.md, section 4). */
  readonly signed: readonly Parameter[];
  readonly ticketType: 'SIGN' | 'NONCE';
}

const QUERY: readonly Parameter[] = ['app_id', 'order_no', 'version', 'nonce'];
const LAUNCH: readonly Parameter[] = ['app_id', 'user_id', 'version', 'nonce'];
const REPORT: readonly Parameter[] = ['app_id', 'order_no'];
const PURPOSES: Readonly<Record<Purpose, SignedPurpose>> = {
  query: { name: text('a query', '查询'), signed: QUERY, ticketType: 'SIGN' },
  launch: { name: text('a launch of the phone SDK', '启动手机 SDK'), signed: LAUNCH, ticketType: 'NONCE' },
  report: { name: text('a report of the phone SDK', '手机 SDK 回传'), signed: REPORT, ticketType: 'SIGN' },
};

type SignedValue = readonly [parameter: string, value: string];
type Order = readonly [compare: (a: SignedValue, b: SignedValue) => number, mistake?: Text];

/** The right order in which values are joined, and the mistakes that docs/protocol.md knows, section 4. */
const ORDERS: readonly Order[] = [
  [([, a], [, b]) => byCodeUnit(a, b)],
  [([a], [b]) => byCodeUnit(a, b), text('sorted by parameter name, not by value', '按参数名排序，应按值排序')],
  [
    ([, a], [, b]) => a.localeCompare(b, 'en'),
    text('sorted as words of a language, not by code unit', '按语言习惯排序'),
  ],
  [() => 0, text('not sorted, but joined as the documents list the values', '没有排序，而是按文档列出的顺序拼接')],
];

/** By UTF-16 code unit. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Find out how a signature was made: by the rules or with a usual mistake, with every known ticket. Pure. */
export function explainSignature({ purpose, values, sign, tickets }: SignatureCase): Explanation {
  const { signed, ticketType } = PURPOSES[purpose];
  const given = sign.trim();
  const signature = given.toUpperCase();
  if (!/^[0-9A-F]{40}$/.test(signature)) {
    const { length } = given;
    const [en, zh] = [`it must be 40 hexadecimal digits; it has ${length}`, `必须是 40 位十六进制；现在有 ${length}`];
    return { fits: false, broken: [{ rule: 'form', how: text(`${en} characters`, `${zh} 个字符`) }] };
  }
  const broken: BrokenRule[] = [];
  // The vendor's own signatures come in any letter case.
  if (purpose !== 'report' && given !== signature) {
    const how = text('it has lower-case digits: the vendor wants 0-9 and A-F', '含有小写字母：必须是 0-9 和 A-F');
    broken.push({ rule: 'letter-case', how });
  }
  for (const { text: secret, ...ticket } of tickets) {
    const all: SignedValue[] = [...signed.map((name) => [name, values[name]] as const), ['ticket', secret]];
    const order = ORDERS.find(([compare]) => sha1(all.toSorted(compare).map(([, value]) => value)) === signature);
    if (!order) continue;
    broken.push(...ticketFaults(ticket, purpose));
    const [, mistake] = order;
    if (mistake) broken.push({ rule: 'order', how: mistake });
    return { fits: broken.length === 0, broken, ticket };
  }
  const how = tickets.some(({ type }) => type === ticketType)
    ? text(
        'no ticket that is known gives it: it was made with another ticket, with other values or in another order, or not with SHA-1 over UTF-8',
        '已知的 ticket 都得不到这个签名：用的是别的 ticket、别的值、别的顺序，或者不是对 UTF-8 做 SHA-1',
      )
    : text(`no ${ticketType} ticket is known to compare with`, `没有可供比较的 ${ticketType} ticket`);
  return { fits: false, broken: [...broken, { rule: 'unknown', how }] };
}

function sha1(values: readonly string[]): string {
  return createHash('sha1').update(values.join(''), 'utf8').digest('hex').toUpperCase();
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

function ticketFaults({ type, state, generation, sinceMs = 0 }: Omit<KnownTicket, 'text'>, purpose: Purpose) {
  const { ticketType } = PURPOSES[purpose];
  const fault = (rule: BrokenRule['rule'], en: string, zh: string): BrokenRule[] => [{ rule, how: text(en, zh) }];
  if (type !== ticketType) {
    const [used, right] = [TICKET_TYPES[type], TICKET_TYPES[ticketType]];
    return fault('ticket-type', `signed with ${used.en} instead of ${right.en}`, `用了 ${used.zh}，应该用 ${right.zh}`);
  }
  // A phone may report late, and the vendor signed with what was current then.
  if (state === 'given' || state === 'current' || (purpose === 'report' && state === 'replaced')) return [];
  const ago = duration(sinceMs);
  const what = state === 'ended' ? text('ended', '已过期') : text('was replaced', '已被替换');
  const en = `signed with generation ${generation}, which ${what.en} ${ago.en} ago`;
  return fault('stale-generation', en, `用的是第 ${generation} 代 ticket，${ago.zh}前${what.zh}`);
}

function ticketsOfVariables(): KnownTicket[] {
  const { SIGN, NONCE } = EXPLAIN_VARIABLES;
  const [sign, nonce] = [process.env[SIGN], process.env[NONCE]];
  return [...(sign ? [given('SIGN', sign)] : []), ...(nonce ? [given('NONCE', nonce)] : [])];
}

/** One ticket a line, NONCE tickets marked. @throws {@link InputRefused} */
async function ticketsOfStdin(): Promise<KnownTicket[]> {
  const source = '--tickets-from-stdin';
  const { stdinBytes, stdinMs, tickets: most } = INPUT_LIMITS;
  const input = await readTextStream(source, process.stdin, stdinBytes, process.stdin.isTTY ? undefined : stdinMs);
  const lines = input.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  if (lines.length > most) throw refused(source, `has more than ${most} tickets`, `超过 ${most} 个 ticket`);
  return lines.map((line) => {
    const [, type, ticket = ''] = /^(?:(SIGN|NONCE)\s+)?(.*)$/.exec(line.trim()) ?? [];
    return given(type === 'NONCE' ? 'NONCE' : 'SIGN', ticket);
  });
}

function given(type: 'SIGN' | 'NONCE', ticket: string): KnownTicket {
  return { type, text: ticket, state: 'given' };
}

/** What the ticket store has, and the app secret, which some have signed with; `note` says why there is no more. */
async function ticketsOfStore(
  options: ResolvedOptions | undefined,
  appId: string,
): Promise<{ tickets: readonly KnownTicket[]; note?: Text }> {
  if (!options) return { tickets: [] };
  if (options.appId !== appId) return { tickets: [], note: ANOTHER_APP_ID };
  const secret: KnownTicket = { type: 'secret', text: options.secret.reveal(), state: 'given' };
  const store = await createTicketStore(options, () => undefined).catch(() => undefined);
  if (!store || store.scope === 'process') return { tickets: [secret], note: UNSEEN };
  try {
    const { content } = await store.inspect('read');
    if (content.kind !== 'record') return { tickets: [secret], note: NO_RECORD };
    const usable = usableRecord(content.record, options);
    const note = content.record.current && !usable.current ? WRONG_KEY : undefined;
    return { tickets: [...ticketsIn(usable, options.clock.now()), secret], note };
  } finally {
    await store.close();
  }
}

const ANOTHER_APP_ID = text(
  'the ticket store belongs to another app id and was not read',
  'ticket 存储属于另一个 app id',
);
const UNSEEN = text('this process cannot see into the ticket store', '当前进程看不到 ticket 存储');
const NO_RECORD = text('the ticket store has no record to read', 'ticket 存储里没有可读的记录');
const WRONG_KEY = text('the store key here does not open what is stored', '这里的 storeEncryptionKey 打不开已存的内容');

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
