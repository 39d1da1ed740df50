import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type Language, type Text, text } from '../errors/text.js';

/** A command cannot be carried out as it was given, and nothing was done; `why` repeats no value: it may be secret. */
export class InputRefused extends Error {
  override name = 'InputRefused';

  constructor(readonly why: Text) {
    super(why.en);
  }
}

export function refusal(en: string, zh: string): InputRefused {
  return new InputRefused(text(en, zh));
}

export interface OutputChoice {
  readonly json: boolean;
  readonly language: Language;
}

export interface ConfigurationChoice {
  readonly name?: string;
  readonly env?: string;
}

export type Purpose = keyof typeof NEEDED;

export type DoctorCommand = ReturnType<typeof doctor>;
export type ExplainCommand = ReturnType<typeof explain>;
export type ArchiveCommand = ReturnType<typeof archive>;

export const EXPLAIN_VARIABLES = {
  SIGN: 'BANKCARD_OCR_EXPLAIN_TICKET',
  NONCE: 'BANKCARD_OCR_EXPLAIN_NONCE_TICKET',
} as const;

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  lang: { type: 'string' },
  name: { type: 'string' },
  env: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];
const DOCTOR = { ...COMMON, live: { type: 'boolean' }, fetch: { type: 'boolean' } } as const;
const SIGN = {
  ...COMMON,
  explain: { type: 'boolean' },
  for: { type: 'string' },
  'app-id': { type: 'string' },
  'order-no': { type: 'string' },
  'user-id': { type: 'string' },
  nonce: { type: 'string' },
  version: { type: 'string' },
  sign: { type: 'string' },
} as const;

const ARCHIVE = {
  ...COMMON,
  store: { type: 'string' },
  keys: { type: 'string' },
  'timestamp-ca': { type: 'string' },
  queue: { type: 'string' },
  root: { type: 'string' },
  to: { type: 'string' },
  by: { type: 'string' },
  reason: { type: 'string' },
  yes: { type: 'boolean' },
} as const;

/** What can be done to an archive, what each cannot do without, and which other flags it takes. */
const ACTIONS = {
  status: { needs: [], takes: ['queue'] },
  verify: { needs: [], takes: ['root'] },
  export: { needs: ['to'], takes: [] },
  erase: { needs: ['by', 'reason'], takes: ['yes'] },
} as const;

const NEEDED = {
  query: ['order-no', 'nonce', 'sign'],
  launch: ['user-id', 'nonce', 'sign'],
  report: ['order-no', 'sign'],
} as const;

/** Read the form of the output before anything else, so that errors are printed in the requested form. */
export function readOutputChoice(args: readonly string[]): OutputChoice {
  const { values } = parseArgs({ args: [...args], options: COMMON, strict: false });
  return { json: values.json === true, language: values.lang === 'zh' ? 'zh' : 'en' };
}

export function readCommandLine(args: readonly string[]): DoctorCommand | ExplainCommand | ArchiveCommand | 'help' {
  const [command, ...rest] = args;
  if (command === 'help' || args.includes('--help') || args.includes('-h')) return 'help';
  if (command !== 'doctor' && command !== 'sign' && command !== 'archive') {
    throw refusal(
      'say which command: doctor, sign or archive; see --help',
      '请指定命令：doctor、sign 或 archive；用 --help 查看',
    );
  }
  try {
    if (command === 'archive') return archive(rest);
    return command === 'doctor' ? doctor(rest) : explain(rest);
  } catch (error) {
    throw error instanceof InputRefused ? error : notUnderstood(error);
  }
}

function doctor(args: string[]) {
  const { values } = parseArgs({ args, options: DOCTOR });
  const { name, env, live = false, fetch = false } = values;
  if (fetch && !live) throw refusal('--fetch goes with --live', '--fetch 要和 --live 一起用');
  return { kind: 'doctor' as const, ...outputOf(values), name, env, live, fetch };
}

function explain(args: string[]) {
  const { values } = parseArgs({ args, options: SIGN });
  const { name, env, explain, nonce, sign = '', version = '1.0.0' } = values;
  const { 'app-id': appId, 'order-no': orderNo, 'user-id': userId } = values;
  if (!explain) throw refusal('say sign --explain', '请写 sign --explain');
  // A user id is signed for a launch only, and what a phone reports has no nonce.
  const purpose = values.for ?? (userId !== undefined ? 'launch' : nonce === undefined ? 'report' : 'query');
  if (!isPurpose(purpose)) throw refusal('--for must be query, launch or report', '--for 只能是 query、launch、report');
  const missing = NEEDED[purpose].filter((option) => values[option] === undefined).map((option) => `--${option}`);
  if (missing.length > 0) throw refusal(`missing: ${missing.join(', ')}`, `缺少：${missing.join(', ')}`);
  const signature = { purpose, appId, orderNo, userId, nonce, version, sign };
  return { kind: 'explain' as const, ...outputOf(values), name, env, ...signature };
}

function archive(args: string[]) {
  const { values, positionals } = parseArgs({ args, options: ARCHIVE, allowPositionals: true });
  const [action = '', ...orders] = positionals;
  if (!isAction(action)) {
    const [names, namesZh] = [Object.keys(ACTIONS).join(', '), Object.keys(ACTIONS).join('、')];
    throw refusal(`say archive and one of ${names}`, `请写 archive 加上 ${namesZh} 之一`);
  }
  const { needs, takes }: { readonly needs: readonly string[]; readonly takes: readonly string[] } = ACTIONS[action];
  const {
    name,
    env,
    store,
    keys,
    'timestamp-ca': timestampCa,
    queue,
    root,
    to = '',
    by = '',
    reason = '',
    yes = false,
  } = values;
  const missing = needs.filter((flag) => !(values as Record<string, unknown>)[flag]).map((flag) => `--${flag}`);
  if (missing.length > 0) throw refusal(`missing: ${missing.join(', ')}`, `缺少：${missing.join(', ')}`);
  const own = ['queue', 'root', 'to', 'by', 'reason', 'yes'];
  const odd = own.find((flag) => flag in values && !needs.includes(flag) && !takes.includes(flag));
  if (odd !== undefined)
    throw refusal(`--${odd} does not go with archive ${action}`, `--${odd} 不能与 archive ${action} 一起用`);
  if (action === 'status' && orders.length > 0) {
    throw refusal('archive status takes no order numbers', 'archive status 不接受订单号');
  }
  if ((action === 'export' || action === 'erase') && orders.length === 0) {
    throw refusal('name the orders, or - to read their numbers from stdin', '请给出订单号，或用 - 从标准输入读取');
  }
  const isDay = action === 'verify' && /^\d{4}-\d\d-\d\d$/.test(orders[0] ?? '');
  if (isDay && orders.length > 1) throw refusal('one day at a time', '一次只能校验一天');
  if (root !== undefined && (!isDay || !/^[0-9a-f]{64}$/i.test(root))) {
    throw refusal('--root goes with a day, and has 64 hexadecimal digits', '--root 须与日期一起用，为 64 位十六进制');
  }
  const common = { ...outputOf(values), name, env, store, keys, timestampCa, queue };
  return { kind: 'archive' as const, ...common, action, orders, root, to, by, reason, yes };
}

function isAction(word: string): word is keyof typeof ACTIONS {
  return Object.hasOwn(ACTIONS, word);
}

function isPurpose(text: string): text is Purpose {
  return Object.hasOwn(NEEDED, text);
}

function outputOf({ json = false, lang = 'en' }: { json?: boolean; lang?: string }): OutputChoice {
  if (lang === 'en' || lang === 'zh') return { json, language: lang };
  throw refusal('--lang must be en or zh', '--lang 只能是 en 或 zh');
}

/** Of what Node.js says, only the name of an option is repeated: the rest may be a secret. */
function notUnderstood(error: unknown): InputRefused {
  const option = /'(?:-\w, )?(--?[A-Za-z][\w-]{0,30})['= ]/.exec((error as Error).message)?.[1];
  return refusal(
    `${option ?? 'an argument'} is not understood, or its value is missing (--help). Tickets and secrets never go on the command line, where others can read them`,
    `无法识别 ${option ?? '某个参数'}，或缺少它的值（--help）。ticket 和密钥不能写在命令行上，本机其他用户可以读到`,
  );
}
