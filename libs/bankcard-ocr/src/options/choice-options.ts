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

/**
 * Check a choice.
 *
 * @returns undefined when it is right, else a sentence that says what it must be
 */
export function readChoice(value: unknown, choices: readonly unknown[]): string | undefined {
  if (choices.includes(value)) return undefined;
  if (choices.includes(true)) return 'must be true or false, not a text';
  const named = choices.map((choice) => `'${String(choice)}'`);
  return `must be ${named.slice(0, -1).join(', ')} or ${named.at(-1)}`;
}
