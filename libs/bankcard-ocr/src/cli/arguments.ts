import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type Language, type Text, text } from '../errors/text.js';

/** How much the command line takes from outside: far more than is needed, little enough to be read at once. */
export const INPUT_LIMITS = {
  /** Arguments, and characters of each. */
  arguments: 64,
  argumentLength: 1_024,
  /** Bytes of the file of `--env`. */
  envFileBytes: 256 * 1_024,
  /** Bytes of stdin, and milliseconds until it has to end; a person at a terminal may take longer. */
  stdinBytes: 64 * 1_024,
  stdinMs: 60_000,
  /** Tickets to compare with, and characters of each; Tencent's have 64. */
  tickets: 100,
  ticketLength: 1_024,
} as const;

/** The variable that holds a SIGN ticket for `sign --explain`. */
export const EXPLAIN_TICKET = 'BANKCARD_OCR_EXPLAIN_TICKET';
/** The variable that holds a NONCE ticket for `sign --explain`. */
export const EXPLAIN_NONCE_TICKET = 'BANKCARD_OCR_EXPLAIN_NONCE_TICKET';

/** The form in which a command prints its result. */
export interface OutputChoice {
  readonly json: boolean;
  readonly language: Language;
}

/** Where a command takes the options of the module from. */
export interface ConfigurationChoice {
  /** Of the registration, whose variables begin with it. */
  readonly name?: string;
  readonly envFile?: string;
}

/** What a signature was made for; it decides which values are signed, and with which ticket. */
export type Purpose = 'query' | 'launch' | 'report';

/** `doctor` */
export interface DoctorCommand extends ConfigurationChoice, OutputChoice {
  readonly kind: 'doctor';
  readonly live: boolean;
  /** Credentials may be fetched although nobody can see whether another process has some. */
  readonly fetch: boolean;
}

/** `sign --explain` */
export interface ExplainCommand extends ConfigurationChoice, OutputChoice {
  readonly kind: 'explain';
  readonly purpose: Purpose;
  /** Undefined: that of the environment. */
  readonly appId?: string;
  readonly orderNo?: string;
  readonly userId?: string;
  readonly nonce?: string;
  readonly version: string;
  readonly sign: string;
  readonly ticketsFromStdin: boolean;
}

/** What was asked for, or what is wrong with how it was asked. */
export type CommandLine =
  | DoctorCommand
  | ExplainCommand
  | (OutputChoice & { readonly kind: 'help' })
  | (OutputChoice & { readonly kind: 'fault'; readonly wrong: Text });

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  lang: { type: 'string' },
  name: { type: 'string' },
  env: { type: 'string' },
  // Some versions of Node.js take this one from the arguments of a script too, and load the file themselves.
  'env-file': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];
const DOCTOR = { live: { type: 'boolean' }, fetch: { type: 'boolean' } } as const;
const SIGN = {
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

const PURPOSES: readonly string[] = ['query', 'launch', 'report'] satisfies Purpose[];
/** What somebody may want to hand in, and must not: other users of the machine can read arguments. */
const SECRET_OPTION = /^--(ticket|secret|token|access-token|store-key|nonce-ticket)$/;

const NO_SECRETS = text(
  'tickets, tokens and secrets never go on the command line, where others can read them: set the variables, or use --tickets-from-stdin',
  'ticket、token 和密钥不能写在命令行上，别人看得到：请用环境变量，或者 --tickets-from-stdin',
);

/** Read the arguments of the process. What is wrong with them is told without repeating a value, which may be secret. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const excess = excessOf(args);
  if (excess) return fault(outputOf(args.filter((one) => OUTPUT_ARGUMENT.test(one))), excess);
  const output = outputOf(args);
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || args.includes('--help') || args.includes('-h')) {
    return command === undefined ? fault(output, NO_COMMAND) : { kind: 'help', ...output };
  }
  if (output.language === undefined) {
    return fault(output, text('--lang must be en or zh', '--lang 只能是 en 或 zh'));
  }
  if (command !== 'doctor' && command !== 'sign') return fault(output, NO_COMMAND);
  try {
    return command === 'doctor' ? doctor(rest, output) : explain(rest, output);
  } catch (error) {
    return fault(output, wrongArgument(error));
  }
}

/** What is looked at although there is too much of everything: how to tell that. */
const OUTPUT_ARGUMENT = /^--(?:json|lang=(?:en|zh))$/;

/** More than any command needs is not even parsed: every part of a command would have to bear it. */
function excessOf(args: readonly string[]): Text | undefined {
  const { arguments: most, argumentLength: longest } = INPUT_LIMITS;
  if (args.length > most) return text(`there are more than ${most} arguments`, `参数超过 ${most} 个`);
  if (args.every(({ length }) => length <= longest)) return undefined;
  return text(`an argument has more than ${longest} characters`, `有参数超过 ${longest} 个字符`);
}

const NO_COMMAND = text(
  'say which command: doctor, or sign --explain; --help tells more',
  '请指定命令：doctor 或 sign --explain；用 --help 查看说明',
);

function doctor(args: string[], output: OutputChoice): CommandLine {
  const { values } = parseArgs({ args, options: { ...COMMON, ...DOCTOR } });
  const { name, live = false, fetch = false } = values;
  if (fetch && !live) return fault(output, text('--fetch goes with --live', '--fetch 要和 --live 一起用'));
  return { kind: 'doctor', ...output, name, envFile: values.env ?? values['env-file'], live, fetch };
}

function explain(args: string[], output: OutputChoice): CommandLine {
  const { values } = parseArgs({ args, options: { ...COMMON, ...SIGN } });
  const { name, nonce, sign, version = '1.0.0' } = values;
  const given = { appId: values['app-id'], orderNo: values['order-no'], userId: values['user-id'], nonce };
  const purpose = values.for ?? purposeOf(given);
  if (!values.explain) return fault(output, text('say sign --explain', '请写 sign --explain'));
  if (!PURPOSES.includes(purpose)) {
    return fault(output, text('--for must be query, launch or report', '--for 只能是 query、launch 或 report'));
  }
  const needed =
    purpose === 'launch' ? ['user-id', 'nonce'] : purpose === 'query' ? ['order-no', 'nonce'] : ['order-no'];
  const missing = [...needed, 'sign'].filter((option) => values[option as keyof typeof values] === undefined);
  if (sign === undefined || missing.length > 0) {
    const names = missing.map((option) => `--${option}`).join(', ');
    return fault(output, text(`missing: ${names}`, `缺少：${names}`));
  }
  return {
    kind: 'explain',
    ...output,
    ...given,
    name,
    envFile: values.env ?? values['env-file'],
    purpose: purpose as Purpose,
    version,
    sign,
    ticketsFromStdin: values['tickets-from-stdin'] ?? false,
  };
}

/** A user id is signed for a launch only, and what a phone reports has no nonce. */
function purposeOf({ userId, nonce }: Pick<ExplainCommand, 'userId' | 'nonce'>): Purpose {
  if (userId !== undefined) return 'launch';
  return nonce === undefined ? 'report' : 'query';
}

/** Before anything else, so that faults are told in the form that was asked for. */
function outputOf(args: readonly string[]): OutputChoice {
  const { values } = parseArgs({ args: [...args], options: COMMON, strict: false });
  const lang = values.lang ?? 'en';
  return { json: values.json === true, language: (lang === 'en' || lang === 'zh' ? lang : undefined) as Language };
}

function fault(output: OutputChoice, wrong: Text): CommandLine {
  return { kind: 'fault', json: output.json, language: output.language ?? 'en', wrong };
}

function wrongArgument(error: unknown): Text {
  const { code, message } = error as NodeJS.ErrnoException;
  const option = /'(?:-\w, )?(--?[A-Za-z][\w-]{0,30})/.exec(message)?.[1];
  if (option !== undefined && SECRET_OPTION.test(option)) return NO_SECRETS;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && option !== undefined) {
    return text(`there is no option ${option}; --help lists them`, `没有 ${option} 这个选项；用 --help 查看`);
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && option !== undefined) {
    return text(`${option} has no value, or one too many`, `${option} 缺少值，或者不该有值`);
  }
  return text('an argument is not understood; --help lists the options', '有无法识别的参数；用 --help 查看说明');
}
