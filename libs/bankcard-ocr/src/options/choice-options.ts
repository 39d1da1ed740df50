import { got, Problem } from '../errors/problem.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';

/** Every option that is one of a few values. */
export const CHOICE_RULES: readonly {
  readonly option: keyof BankCardOcrOptions;
  readonly choices: readonly unknown[];
}[] = [
  { option: 'appIdParameter', choices: ['app_id', 'appId', 'webankAppId'] },
  { option: 'role', choices: ['refresher', 'reader'] },
  { option: 'onStoreLoss', choices: ['fail', 'refresh-alone'] },
  { option: 'transport', choices: ['http-service', 'undici'] },
  { option: 'backgroundRefresh', choices: [true, false] },
  { option: 'allowInsecureHttp', choices: [true, false] },
];

/** The options that are true or false. */
export const BOOLEAN_OPTIONS: readonly string[] = CHOICE_RULES.filter(({ choices }) => choices.includes(true)).map(
  ({ option }) => option,
);

/** Take the texts `true` and `false` for what they say: configuration often arrives as text. */
export function booleanFromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*(true|false)\s*$/i.test(value)) return value;
  return value.trim().toLowerCase() === 'true';
}

/**
 * Check a choice.
 *
 * @returns undefined when it is right, else what it must be
 */
export function readChoice(value: unknown, choices: readonly unknown[]): Problem | undefined {
  if (choices.includes(value)) return undefined;
  const is = got(value);
  if (choices.includes(true)) {
    return new Problem(`must be true or false; ${is.en}`, `必须是 true 或 false；${is.zh}`);
  }
  const named = choices.map((choice) => `'${String(choice)}'`);
  const last = named.at(-1);
  return new Problem(
    `must be ${named.slice(0, -1).join(', ')} or ${last}; ${is.en}`,
    `必须是 ${named.slice(0, -1).join('、')} 或 ${last}；${is.zh}`,
  );
}
