import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Problem } from '../errors/configuration-error.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { OPTION_TABLE, OPTION_VARIABLES } from './option-table.js';
import { isUnset, numberFromText } from './option-values.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const OTHERS: ReadonlySet<string> = new Set(['BANKCARD_OCR_EXPLAIN_TICKET', 'BANKCARD_OCR_EXPLAIN_NONCE_TICKET']);
/** Those of the evidence archive, which the command line reads; `name` is in front, as with those of options. */
export const ARCHIVE_VARIABLES = {
  store: 'BANKCARD_OCR_ARCHIVE_STORE',
  keys: 'BANKCARD_OCR_ARCHIVE_KEYS',
  wrappingKeys: 'BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS',
  timestampCa: 'BANKCARD_OCR_ARCHIVE_TIMESTAMP_CA',
  queue: 'BANKCARD_OCR_ARCHIVE_QUEUE',
} as const;
/** Whatever has another form is not repeated in a log. */
const VARIABLE = /^[A-Za-z0-9_]{1,64}$/;

/** The variable of a named account begins with its name. */
export function withName(variable: string, name: string | undefined): string {
  return name === undefined ? variable : `${name.replaceAll('-', '_').toUpperCase()}_${variable}`;
}

/** Each option that a variable sets, with its variable. */
function variablesOf(name: string | undefined) {
  const variables = Object.entries(OPTION_VARIABLES) as [keyof typeof OPTION_VARIABLES, string][];
  return variables.map(([option, variable]) => [option, withName(variable, name)] as const);
}

/**
 * Read the options from environment variables and nothing else; startup checks the values.
 * @param env e.g. `process.env`; empty variables count as not set
 * @param name of the account, whose variables begin with it: `LOANS_BANKCARD_OCR_APP_ID` for `loans`
 */
export function bankCardOcrOptionsFromEnv(env: Environment, name?: string): BankCardOcrOptions {
  const values = variablesOf(name).map(([option, variable]) => {
    const text = env[variable]?.trim();
    return [option, 'number' in OPTION_TABLE[option] ? numberFromText(text) : text] as const;
  });
  // Startup reports what is missing, together with everything else that is wrong.
  return { appId: '', secret: '', ...Object.fromEntries(values.filter(([, value]) => !isUnset(value))) };
}

/** Variables that resemble the library's: a misspelled name goes unnoticed until the default surprises. */
export function unknownVariables(environment: Environment, name?: string): string[] {
  const ofArchive = Object.values(ARCHIVE_VARIABLES).map((variable) => withName(variable, name));
  const known = new Set([...variablesOf(name).map(([, variable]) => variable), ...ofArchive, ...OTHERS]);
  const compact = (text: string): string => text.replaceAll('_', '').toUpperCase();
  const prefix = compact(withName('BANKCARD_OCR_', name));
  return Object.keys(environment).filter(
    (variable) => VARIABLE.test(variable) && compact(variable).startsWith(prefix) && !known.has(variable),
  );
}

/**
 * What the environment sets that has not become an option. Of `.env` in `directory`, only names are read: a `validate`
 * function of ConfigModule drops what it does not declare.
 */
export function overlookedVariables(
  given: BankCardOcrOptions,
  name?: string,
  environment: Environment = process.env,
  directory = process.cwd(),
): Problem[] {
  const options: Partial<BankCardOcrOptions> | undefined = given;
  const unset = variablesOf(name).filter(([option]) => isUnset(options?.[option]));
  const mode = environment['NODE_ENV'];
  const files = ['.env', '.env.local', ...(mode !== undefined && /^\w+$/.test(mode) ? [`.env.${mode}`] : [])];
  const lost = files.flatMap((file) => {
    const values = parseFile(join(directory, file));
    const missing = unset.flatMap(([, variable]) => {
      return !isUnset(values[variable]) && environment[variable] === undefined ? [variable] : [];
    });
    return missing.length === 0 ? [] : lostIn(file, missing.join(', '));
  });
  const notUsed = unset.filter(([, variable]) => !isUnset(environment[variable]));
  const unknown = unknownVariables(environment, name).map(unknownVariable);
  return [...unknown, ...notUsed.map(([option, variable]) => withoutEffect(option, variable)), ...lost];
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

export function unknownVariable(variable: string): Problem {
  return new Problem(
    `${variable} is no variable of this library and has no effect: check its spelling`,
    `${variable} 不是本库的变量，不起作用：请检查拼写`,
  );
}

function withoutEffect(option: string, variable: string): Problem {
  return new Problem(
    `${variable} is set and has no effect, because the options come from elsewhere: give the option ${option} too, or take ` +
      'the options from bankCardOcrOptionsFromEnv(process.env)',
    `设置了 ${variable} 但不起作用，因为选项来自别处：请同时传入选项 ${option}，或用 bankCardOcrOptionsFromEnv(process.env) 读取`,
  );
}

function parseFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
