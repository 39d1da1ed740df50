import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { TicketRole } from '../credentials/refresh-plan.js';
import { Problem } from '../errors/configuration-error.js';
import type { BankCardOcrOptions, TransportKind, WarningPolicy } from './bankcard-ocr.options.js';
import { isUnset, numberFromText } from './option-values.js';

/** The environment variables that configure the module, by the option that they set. */
export const OPTION_VARIABLES = {
  appId: 'BANKCARD_OCR_APP_ID',
  secret: 'BANKCARD_OCR_SECRET',
  baseUrl: 'BANKCARD_OCR_BASE_URL',
  ticketStore: 'BANKCARD_OCR_TICKET_STORE',
  storeEncryptionKey: 'BANKCARD_OCR_STORE_ENCRYPTION_KEY',
  role: 'BANKCARD_OCR_ROLE',
  transport: 'BANKCARD_OCR_TRANSPORT',
  proxy: 'BANKCARD_OCR_PROXY',
  recognitionBaseUrl: 'BANKCARD_OCR_RECOGNITION_BASE_URL',
  warningPolicy: 'BANKCARD_OCR_WARNING_POLICY',
  timeoutMs: 'BANKCARD_OCR_TIMEOUT_MS',
  refreshIntervalMs: 'BANKCARD_OCR_REFRESH_INTERVAL_MS',
  ticketOverlapMs: 'BANKCARD_OCR_TICKET_OVERLAP_MS',
} as const satisfies Partial<Record<keyof BankCardOcrOptions, string>>;

/**
 * Tell the variable that sets an option.
 *
 * @param name of the registration: `LOANS_BANKCARD_OCR_APP_ID` for `loans`, dashes become underscores
 */
export function variableOf(option: string, name?: string): string | undefined {
  const variable = (OPTION_VARIABLES as Partial<Record<string, string>>)[option];
  if (variable === undefined || name === undefined) return variable;
  return `${name.replaceAll('-', '_').toUpperCase()}_${variable}`;
}

/**
 * Read the options from environment variables. Pure: looks at nothing but `env`, and leaves judging the values to the
 * start of the module, which reports all faults at once.
 *
 * @param env e.g. `process.env`; empty variables count as not set
 * @param name of the registration, whose variables begin with it: `LOANS_BANKCARD_OCR_APP_ID` for `loans`
 */
export function bankCardOcrOptionsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  name?: string,
): BankCardOcrOptions {
  const text = (option: keyof typeof OPTION_VARIABLES): string | undefined => {
    return env[variableOf(option, name) ?? '']?.trim() || undefined;
  };
  // What is no number stays as it is, so that the start can say so.
  const milliseconds = (option: keyof typeof OPTION_VARIABLES) => numberFromText(text(option)) as number | undefined;
  return {
    // Missing ones are reported by the start of the module, together with everything else that is wrong.
    appId: text('appId') ?? '',
    secret: text('secret') ?? '',
    baseUrl: text('baseUrl'),
    ticketStore: text('ticketStore'),
    storeEncryptionKey: text('storeEncryptionKey'),
    // Judged by the start, as everything else.
    role: text('role') as TicketRole | undefined,
    transport: text('transport') as TransportKind | undefined,
    proxy: text('proxy'),
    recognitionBaseUrl: text('recognitionBaseUrl'),
    warningPolicy: text('warningPolicy') as WarningPolicy | undefined,
    timeoutMs: milliseconds('timeoutMs'),
    refreshIntervalMs: milliseconds('refreshIntervalMs'),
    ticketOverlapMs: milliseconds('ticketOverlapMs'),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;
type OptionName = keyof typeof OPTION_VARIABLES;

const OPTION_NAMES = Object.keys(OPTION_VARIABLES) as OptionName[];
/** Those that the command line reads. */
const OTHERS: ReadonlySet<string> = new Set(['BANKCARD_OCR_EXPLAIN_TICKET', 'BANKCARD_OCR_EXPLAIN_NONCE_TICKET']);
/** Whatever has another form is not repeated in a log. */
const VARIABLE = /^[A-Za-z0-9_]{1,64}$/;
/** More letters than these apart, two names are not one name misspelled. */
const FARTHEST = 4;

/** A variable that looks as if it were one of ours, and the one that may be meant. */
interface UnknownVariable {
  readonly variable: string;
  readonly nearest?: string;
}

/**
 * Find variables that look like ours and are read by nobody: a name that is spelled wrong is not missed until its
 * default surprises. Spelled without underscores or in small letters they count too.
 *
 * @param name of the registration
 */
export function unknownVariables(environment: Environment, name?: string): UnknownVariable[] {
  const known = OPTION_NAMES.map((option) => variableOf(option, name) ?? '');
  const prefix = compact((variableOf('appId', name) ?? '').replace(/APP_ID$/, ''));
  return Object.keys(environment)
    .filter((variable) => VARIABLE.test(variable) && compact(variable).startsWith(prefix))
    .filter((variable) => !known.includes(variable) && !OTHERS.has(variable))
    .map((variable) => {
      const nearest = nearestOf(variable, known);
      return { variable, ...(nearest !== undefined && { nearest }) };
    });
}

/** What the environment says about options that are not set: the start must not pass over it in silence. */
interface OverlookedVariables {
  /** Those of files that have not reached the process; among the warnings too. */
  readonly lost: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Look for what the environment says that has not become an option. Of `.env`, only names are looked at: a `validate`
 * function of ConfigModule drops what it does not declare.
 *
 * @param directory the working directory, where ConfigModule and Node look for `.env`
 */
export function overlookedVariables(
  given: BankCardOcrOptions,
  environment: Environment,
  directory: string,
  name?: string,
): OverlookedVariables {
  const unset = OPTION_NAMES.filter((option) => isUnset((given as Partial<BankCardOcrOptions> | undefined)?.[option]));
  const variables = unset.map((option) => ({ option, variable: variableOf(option, name) ?? '' }));
  const mode = environment['NODE_ENV'];
  const files = ['.env', '.env.local', ...(mode !== undefined && /^\w+$/.test(mode) ? [`.env.${mode}`] : [])];
  const lost = files.flatMap((file) => {
    const values = parseFile(join(directory, file));
    const missing = variables.filter(
      ({ variable }) => !isUnset(values[variable]) && environment[variable] === undefined,
    );
    return missing.length === 0 ? [] : [lostIn(file, missing.map(({ variable }) => variable).join(', '))];
  });
  const notUsed = variables.filter(({ variable }) => !isUnset(environment[variable])).map(withoutEffect);
  return { lost, warnings: [...unknownVariables(environment, name).map(unknown), ...notUsed, ...lost] };
}

function lostIn(file: string, names: string): Problem {
  return new Problem(
    `${file} sets ${names}, which has not reached process.env and has no effect: nothing has loaded the file, or the ` +
      'validate function of ConfigModule drops what it does not declare. Declare it there, or keep what is not declared ' +
      '(z.looseObject), or start Node with --env-file',
    `${file} 里设置的 ${names} 没有进入 process.env，因此不起作用：可能没有加载该文件，或被 ConfigModule 的 validate 函数丢弃。` +
      '请在 validate 里声明它们，或保留未声明的变量（z.looseObject），或用 node --env-file 启动',
  );
}

function unknown({ variable, nearest }: UnknownVariable): Problem {
  return nearest === undefined
    ? new Problem(
        `${variable} is no variable of this library: check its spelling`,
        `${variable} 不是本库的变量：请检查拼写`,
      )
    : new Problem(
        `${variable} is no variable of this library and has no effect: ${nearest} is`,
        `${variable} 不是本库的变量，不起作用：应为 ${nearest}`,
      );
}

function withoutEffect({ option, variable }: { option: OptionName; variable: string }): Problem {
  return new Problem(
    `${variable} is set and has no effect, because the options come from elsewhere: give the option ${option} too, or take ` +
      'the options from bankCardOcrOptionsFromEnv(process.env)',
    `设置了 ${variable} 但不起作用，因为选项来自别处：请同时传入选项 ${option}，或用 bankCardOcrOptionsFromEnv(process.env) 读取`,
  );
}

function parseFile(path: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

function nearestOf(variable: string, known: readonly string[]): string | undefined {
  const wanted = compact(variable);
  const ranked = known
    .map((one) => ({ one, apart: distance(wanted, compact(one)) }))
    .sort((left, right) => left.apart - right.apart);
  return ranked[0] !== undefined && ranked[0].apart <= FARTHEST ? ranked[0].one : undefined;
}

function compact(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}

/** How many letters have to be added, removed or replaced (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [above, letter] of Array.from(from).entries()) {
    const next = [above + 1];
    for (let index = 0; index < to.length; index += 1) {
      const replaced = row[index]! + (letter === to[index] ? 0 : 1);
      next.push(Math.min(replaced, row[index + 1]! + 1, next[index]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
