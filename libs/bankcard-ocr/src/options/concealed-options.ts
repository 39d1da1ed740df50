import { isSecretText, SecretText } from '../runtime/secret-text.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { OPTION_ROWS } from './option-table.js';
import { isUnset } from './option-values.js';

const SECRETS: ReadonlySet<string> = new Set(OPTION_ROWS.flatMap(([name, { secret }]) => (secret ? [name] : [])));

/** Make a copy of options in which every secret is a `SecretText`: containers and configuration services are printed. */
export function concealSecrets<Options extends Partial<BankCardOcrOptions>>(options: Options): Options {
  return withSecrets(options, (value) => {
    return typeof value === 'string' && !isUnset(value) ? new SecretText(value) : value;
  });
}

/** Make a copy of options in which every secret is a text; one that cannot be read any more is missing. */
export function revealSecrets(options: BankCardOcrOptions): Readonly<Record<string, unknown>> {
  return withSecrets({ ...options }, (value) => {
    try {
      return isSecretText(value) ? value.reveal() : value;
    } catch {
      // A copy of the object, made property by property: startup reports that the option is missing.
      return undefined;
    }
  });
}

function withSecrets<Options extends object>(options: Options, change: (value: unknown) => unknown): Options {
  const given = Object.entries<unknown>(options as Record<string, unknown>);
  return Object.fromEntries(given.map(([name, value]) => [name, SECRETS.has(name) ? change(value) : value])) as Options;
}
