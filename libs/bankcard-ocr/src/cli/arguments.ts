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

export const FLAG = { type: 'boolean' } as const;
export const TEXT = { type: 'string' } as const;
const COMMON = { help: { ...FLAG, short: 'h' }, json: FLAG, lang: TEXT, name: TEXT, env: TEXT } as const;

type Flags = NonNullable<ParseArgsConfig['options']>;
type ValuesOf<Options extends Flags> = ReturnType<typeof parseArgs<{ options: Options }>>['values'];

/** What every command can be told. */
export type CommonFlags = ReturnType<typeof readFlags>['common'];

/** Read the form of the output before anything else, so that errors are printed in the requested form. */
export function readOutputChoice(args: readonly string[]): { json: boolean; language: Language } {
  const { values } = parseArgs({ args: [...args], options: COMMON, strict: false });
  return { json: values.json === true, language: values.lang === 'zh' ? 'zh' : 'en' };
}

/** The flags of every command as `common`, its own ones as `flags`. @throws {@link InputRefused} */
export function readFlags<Options extends Flags>(args: string[], own: Options, allowPositionals = false) {
  const { values, positionals } = parsed({ args, options: { ...COMMON, ...own }, allowPositionals });
  const { json = false, lang = 'en', name, env, ...flags } = values as ValuesOf<typeof COMMON>;
  if (lang !== 'en' && lang !== 'zh') throw refusal('--lang must be en or zh', '--lang 只能是 en 或 zh');
  const language: Language = lang;
  return { common: { json, language, name, env }, flags: flags as ValuesOf<Options>, positionals };
}

/** Of what Node.js says, only the name of an option is repeated: the rest may be a secret. */
function parsed(config: ParseArgsConfig) {
  try {
    return parseArgs(config);
  } catch (error) {
    const option = /'(?:-\w, )?(--?[A-Za-z][\w-]{0,30})['= ]/.exec((error as Error).message)?.[1];
    throw refusal(
      `${option ?? 'an argument'} is not understood, or its value is missing (--help). Tickets and secrets never go on the command line, where others can read them`,
      `无法识别 ${option ?? '某个参数'}，或缺少它的值（--help）。ticket 和密钥不能写在命令行上，本机其他用户可以读到`,
    );
  }
}

export function refuseMissing(flags: Readonly<Record<string, unknown>>, needed: readonly string[]): void {
  const missing = needed.filter((flag) => !flags[flag]).map((flag) => `--${flag}`);
  if (missing.length > 0) throw refusal(`missing: ${missing.join(', ')}`, `缺少：${missing.join(', ')}`);
}
