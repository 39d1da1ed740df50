import { isSecretText, SecretText } from '../runtime/secret-text.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { OPTION_ROWS } from './option-table.js';
import { isUnset } from './option-values.js';

const SECRET_OPTIONS: ReadonlySet<string> = new Set(
  OPTION_ROWS.flatMap(([name, { secret }]) => (secret ? [name] : [])),
);

/** Options whose secrets are texts again: for what checks them; nothing keeps these. */
type RevealedOptions = {
  readonly [Name in keyof BankCardOcrOptions]: Exclude<BankCardOcrOptions[Name], SecretText>;
};

/**
 * Make a copy of options in which every secret is a `SecretText`: what is kept by a container or a configuration service is
 * printed with it, copied and searched through.
 */
export function concealSecrets<Options extends Partial<BankCardOcrOptions>>(options: Options): Options {
  return changed(options, (value) => (typeof value === 'string' && !isUnset(value) ? new SecretText(value) : value));
}

/** Make a copy of options in which every secret is a text; one that cannot be read any more is missing. */
export function revealSecrets(options: BankCardOcrOptions): RevealedOptions {
  return changed(options, (value) => (isSecretText(value) ? textOf(value) : value)) as RevealedOptions;
}

function changed<Options extends object>(options: Options, change: (value: unknown) => unknown): Options {
  const members = Object.entries(options).map(([name, value]) => [
    name,
    SECRET_OPTIONS.has(name) ? change(value) : value,
  ]);
  return Object.fromEntries(members) as Options;
}

function textOf(secret: SecretText): string | undefined {
  try {
    return secret.reveal();
  } catch {
    // A copy of the object, made property by property: startup reports that the option is missing.
    return undefined;
  }
}
