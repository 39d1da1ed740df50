import { createHash } from 'node:crypto';
import { createTicketStore } from '../../account/create-ticket-store.js';
import { endsAtMs } from '../../credentials/credential-lifetime.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import { duration, type Text, text } from '../../errors/text.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { FLAG, readFlags, refusal, refuseMissing, TEXT } from '../arguments.js';
import { readConfiguration } from '../configuration.js';
import { usableRecord } from '../doctor/credentials.check.js';

export const EXPLAIN_VARIABLES = {
  SIGN: 'BANKCARD_OCR_EXPLAIN_TICKET',
  NONCE: 'BANKCARD_OCR_EXPLAIN_NONCE_TICKET',
} as const;

const VALUES = { 'app-id': TEXT, 'order-no': TEXT, 'user-id': TEXT, version: TEXT, nonce: TEXT } as const;
const FLAGS = { ...VALUES, explain: FLAG, for: TEXT, sign: TEXT } as const;

/** What is signed, in the order of Tencent's documents (docs/protocol.md, section 4). */
const PURPOSES = {
  query: { name: text('a query', '查询'), signed: ['app-id', 'order-no', 'version', 'nonce'], ticketType: 'SIGN' },
  launch: {
    name: text('a launch of the phone SDK', '启动手机 SDK'),
    signed: ['app-id', 'user-id', 'version', 'nonce'],
    ticketType: 'NONCE',
  },
  report: {
    name: text('a report of the phone SDK', '手机 SDK 回传'),
    signed: ['app-id', 'order-no'],
    ticketType: 'SIGN',
  },
} as const;

/** What a signature may have been made with. `text` is secret. */
export interface KnownTicket {
  readonly type: keyof typeof TICKET_TYPES;
  readonly text: string;
  /** `given` by variable; in the store: in use, expired, or replaced by a newer one. */
  readonly state: 'given' | 'current' | 'ended' | 'replaced';
  readonly generation?: number;
  /** How long ago it ended or was replaced, in milliseconds. */
  readonly sinceMs?: number;
}

/** The last two are no tickets, but have been taken for one. */
const TICKET_TYPES = {
  SIGN: text('a SIGN ticket', 'SIGN ticket'),
  NONCE: text('a NONCE ticket', 'NONCE ticket'),
  token: text('the access token', 'access token'),
  secret: text('the app secret', '应用密钥'),
};

/** @throws `InputRefused` */
export function readSignArguments(args: string[]) {
  const { common, flags } = readFlags(args, FLAGS);
  const { explain, sign = '', for: wanted, ...values } = flags;
  if (!explain) throw refusal('say sign --explain', '请写 sign --explain');
  // A user id is signed for a launch only, and what a phone reports has no nonce.
  const likely = values['user-id'] !== undefined ? 'launch' : values.nonce === undefined ? 'report' : 'query';
  const purpose = Object.keys(PURPOSES).find((one) => one === (wanted ?? likely)) as keyof typeof PURPOSES | undefined;
  if (!purpose) throw refusal('--for must be query, launch or report', '--for 只能是 query、launch、report');
  const needed = PURPOSES[purpose].signed.filter((name) => name !== 'app-id' && name !== 'version');
  refuseMissing(flags, [...needed, 'sign']);
  return { kind: 'explain' as const, ...common, purpose, values: { version: '1.0.0', ...values }, sign };
}

export async function runExplain(
  command: ReturnType<typeof readSignArguments>,
): Promise<{ report: string; exitCode: 0 | 1 }> {
  const { options } = readConfiguration(command.name);
  const appId = command.values['app-id'] ?? options?.appId;
  if (appId === undefined) {
    throw refusal(
      'missing: --app-id, and the environment has no right configuration to take it from',
      '缺少 --app-id，环境变量里也没有可用的配置',
    );
  }
  const stored = await ticketsOfStore(options, appId);
  const note = Array.isArray(stored) ? undefined : stored;
  // The store comes first: it knows the age of a ticket that was also given as input.
  const tickets = [...(Array.isArray(stored) ? stored : []), ...ticketsOfVariables()];
  if (tickets.length === 0) {
    const { en, zh } = note ?? text('the environment configures no ticket store', '环境变量没有配置 ticket 存储');
    throw refusal(
      `no ticket to compare with (${en}): set ${EXPLAIN_VARIABLES.SIGN}`,
      `没有可供比较的 ticket（${zh}）：请设置 ${EXPLAIN_VARIABLES.SIGN}`,
    );
  }
  // Some have signed with it.
  if (options?.appId === appId) tickets.push({ type: 'secret', text: options.secret.reveal(), state: 'given' });
  const { purpose, sign, json, language } = command;
  const values = { ...command.values, 'app-id': appId };
  const { fits, broken, ticket } = explainSignature(purpose, values, sign, tickets);
  const exitCode = fits ? 0 : 1;
  const rules = broken.map(({ rule, how }) => ({ rule, how: how[language] }));
  const notes = note ? [note[language]] : [];
  if (json) {
    const document = { command: 'sign', fits, exitCode, for: purpose, broken: rules, ticket, notes };
    return { report: JSON.stringify(document, undefined, 2), exitCode };
  }
  const { en, zh } = PURPOSES[purpose].name;
  const number = ticket?.generation;
  const made =
    number === undefined ? text('', '') : text(`, made with generation ${number}`, `，用的是第 ${number} 代 ticket`);
  const verdict = fits
    ? text(`fits, as a signature of ${en}${made.en}`, `签名正确（${zh}）${made.zh}`)
    : text(`does not fit, as a signature of ${en}`, `签名不对（${zh}）`);
  const lines = [...rules.map(({ rule, how }) => `  ${rule}: ${how}`), ...notes.map((one) => `  (${one})`)];
  return { report: [verdict[language], ...lines].join('\n'), exitCode };
}

type SignedValue = readonly [parameter: string, value: string];

/** The right order in which values are joined, by UTF-16 code unit, and the usual mistakes (docs/protocol.md, section 4). */
const ORDERS: readonly (readonly [compare: (a: SignedValue, b: SignedValue) => number, mistake?: Text])[] = [
  [([, a], [, b]) => (a < b ? -1 : 1)],
  [([a], [b]) => (a < b ? -1 : 1), text('sorted by parameter name, not by value', '按参数名排序，应按值排序')],
  [
    ([, a], [, b]) => a.localeCompare(b, 'en'),
    text('sorted as words of a language, not by code unit', '按语言习惯排序'),
  ],
  [() => 0, text('not sorted, but joined as the documents list the values', '没有排序，而是按文档列出的顺序拼接')],
];

/** Which rules of docs/doctor.md a signature broke, and the ticket that it was made with, without its text. */
export function explainSignature(
  purpose: keyof typeof PURPOSES,
  values: { readonly [Name in keyof typeof VALUES]?: string | undefined },
  sign: string,
  tickets: readonly KnownTicket[],
) {
  const { signed, ticketType } = PURPOSES[purpose];
  const signature = sign.trim().toUpperCase();
  const broken: { readonly rule: string; readonly how: Text }[] = [];
  for (const { text: secret, ...ticket } of tickets) {
    const all: SignedValue[] = [...signed.map((name) => [name, values[name] ?? ''] as const), ['ticket', secret]];
    const order = ORDERS.find(([compare]) => sha1(all.toSorted(compare)) === signature);
    if (!order) continue;
    // Tencent's own signatures come in any letter case.
    if (purpose !== 'report' && sign.trim() !== signature) {
      const how = text('it has lower-case digits: Tencent wants 0-9 and A-F', '含有小写字母：必须是 0-9 和 A-F');
      broken.push({ rule: 'letter-case', how });
    }
    if (ticket.type !== ticketType) {
      const [used, right] = [TICKET_TYPES[ticket.type], TICKET_TYPES[ticketType]];
      const how = text(`signed with ${used.en} instead of ${right.en}`, `用了 ${used.zh}，应该用 ${right.zh}`);
      broken.push({ rule: 'ticket-type', how });
      // A phone may report late, and Tencent signed with what was current then.
    } else if (ticket.state === 'ended' || (ticket.state === 'replaced' && purpose !== 'report')) {
      const ago = duration(ticket.sinceMs ?? 0);
      const what = ticket.state === 'ended' ? text('ended', '已过期') : text('was replaced', '已被替换');
      const en = `signed with generation ${ticket.generation}, which ${what.en} ${ago.en} ago`;
      const how = text(en, `用的是第 ${ticket.generation} 代 ticket，${ago.zh}前${what.zh}`);
      broken.push({ rule: 'stale-generation', how });
    }
    if (order[1]) broken.push({ rule: 'order', how: order[1] });
    return { fits: broken.length === 0, broken, ticket };
  }
  const how = tickets.some(({ type }) => type === ticketType)
    ? text(
        'no known ticket produces it: it was made with another ticket, with other values or in another order, or is not the SHA-1 over UTF-8 in 40 hexadecimal digits',
        '已知的 ticket 都得不到这个签名：用的是别的 ticket、别的值、别的顺序，或者不是对 UTF-8 做 SHA-1 得到的 40 位十六进制',
      )
    : text(`no ${ticketType} ticket is known to compare with`, `没有可供比较的 ${ticketType} ticket`);
  broken.push({ rule: 'unknown', how });
  return { fits: false, broken };
}

function sha1(values: readonly SignedValue[]): string {
  const joined = values.map(([, value]) => value).join('');
  return createHash('sha1').update(joined, 'utf8').digest('hex').toUpperCase();
}

function ticketsOfVariables(): KnownTicket[] {
  return (['SIGN', 'NONCE'] as const)
    .map((type) => ({ type, text: process.env[EXPLAIN_VARIABLES[type]] ?? '', state: 'given' as const }))
    .filter((ticket) => ticket.text !== '');
}

async function ticketsOfStore(options: ResolvedOptions | undefined, appId: string): Promise<KnownTicket[] | Text> {
  if (!options) return [];
  if (options.appId !== appId) {
    return text('the ticket store belongs to another app id and was not read', 'ticket 存储属于另一个 app id');
  }
  const store = await createTicketStore(options).catch(() => undefined);
  if (!store || store.scope === 'process') {
    return text('this process cannot inspect the ticket store', '当前进程看不到 ticket 存储');
  }
  try {
    const { content } = await store.inspect('read');
    const tickets =
      content.kind === 'record' ? ticketsIn(usableRecord(content.record, options), options.clock.now()) : [];
    if (tickets.length > 0) return tickets;
    return text(
      'the ticket store has no credentials that this environment can read and decrypt',
      'ticket 存储里没有这里能读取、能用 storeEncryptionKey 解密的凭证',
    );
  } finally {
    await store.close();
  }
}

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
