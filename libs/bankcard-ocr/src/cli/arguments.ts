import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type Language, type Text, text } from '../errors/text.js';
import { InputRefused } from './input.js';

/** The form in which a command prints its result. */
export interface OutputChoice {
  readonly json: boolean;
  readonly language: Language;
}

/** Where a command takes the options of the module from. */
export interface ConfigurationChoice {
  /** Of the registration, whose variables begin with it. */
  readonly name?: string;
  /** A file of variables. */
  readonly env?: string;
}

/** What a signature was made for; it decides which values are signed, and with which ticket. */
export type Purpose = keyof typeof NEEDED;

export type DoctorCommand = ReturnType<typeof doctor>;
export type ExplainCommand = ReturnType<typeof explain>;

/** The variables that hold a ticket for `sign --explain`. */
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
  'tickets-from-stdin': { type: 'boolean' },
} as const;

/** What each signature cannot do without. */
const NEEDED = {
  query: ['order-no', 'nonce', 'sign'],
  launch: ['user-id', 'nonce', 'sign'],
  report: ['order-no', 'sign'],
} as const;

/** What somebody may want to hand in, and must not: other users of the machine can read arguments. */
const SECRET_OPTION = /^--(ticket|secret|token|access-token|store-key|nonce-ticket)$/;

/** Read the form of the output before anything else, so that faults are told in the form that was asked for. */
export function readOutputChoice(args: readonly string[]): OutputChoice {
  const { values } = parseArgs({ args: [...args], options: COMMON, strict: false });
  return { json: values.json === true, language: values.lang === 'zh' ? 'zh' : 'en' };
}

/**
 * Read the arguments of the process.
 *
 * @throws {@link InputRefused} which repeats no value: it may be secret
 */
export function readCommandLine(args: readonly string[]): DoctorCommand | ExplainCommand | 'help' {
  const [command, ...rest] = args;
  if (command === 'help' || args.includes('--help') || args.includes('-h')) return 'help';
  if (command !== 'doctor' && command !== 'sign') {
    throw refusal('say which command: doctor or sign; --help tells more', '请指定命令：doctor 或 sign；用 --help 查看');
  }
  try {
    return command === 'doctor' ? doctor(rest) : explain(rest);
  } catch (error) {
    throw error instanceof InputRefused ? error : new InputRefused(wrongArgument(error));
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
  const { 'app-id': appId, 'order-no': orderNo, 'user-id': userId, 'tickets-from-stdin': ticketsFromStdin } = values;
  if (!explain) throw refusal('say sign --explain', '请写 sign --explain');
  // A user id is signed for a launch only, and what a phone reports has no nonce.
  const purpose = values.for ?? (userId !== undefined ? 'launch' : nonce === undefined ? 'report' : 'query');
  if (!isPurpose(purpose))
    throw refusal('--for must be query, launch or report', '--for 只能是 query、launch 或 report');
  const missing = NEEDED[purpose].filter((option) => values[option] === undefined).map((option) => `--${option}`);
  if (missing.length > 0) throw refusal(`missing: ${missing.join(', ')}`, `缺少：${missing.join(', ')}`);
  const signature = { purpose, appId, orderNo, userId, nonce, version, sign };
  return { kind: 'explain' as const, ...outputOf(values), name, env, ...signature, ticketsFromStdin };
}

function isPurpose(text: string): text is Purpose {
  return Object.hasOwn(NEEDED, text);
}

function outputOf({ json = false, lang = 'en' }: { json?: boolean; lang?: string }): OutputChoice {
  if (lang === 'en' || lang === 'zh') return { json, language: lang };
  throw refusal('--lang must be en or zh', '--lang 只能是 en 或 zh');
}

function refusal(en: string, zh: string): InputRefused {
  return new InputRefused(text(en, zh));
}

function wrongArgument(error: unknown): Text {
  const { code, message } = error as NodeJS.ErrnoException;
  const option = /'(?:-\w, )?(--?[A-Za-z][\w-]{0,30})['= ]/.exec(message)?.[1];
  if (option !== undefined && SECRET_OPTION.test(option)) {
    return text(
      'tickets, tokens and secrets never go on the command line, where others can read them: set the variables, or use --tickets-from-stdin',
      'ticket、token 和密钥不能写在命令行上，别人看得到：请用环境变量，或者 --tickets-from-stdin',
    );
  }
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && option !== undefined) {
    return text(`there is no option ${option}; --help lists them`, `没有 ${option} 这个选项；用 --help 查看`);
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && option !== undefined) {
    return text(`${option} has no value, or one too many`, `${option} 缺少值，或者不该有值`);
  }
  return text('an argument is not understood; --help lists the options', '有无法识别的参数；用 --help 查看说明');
}
