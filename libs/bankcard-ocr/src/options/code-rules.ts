import type { Actor } from '../errors/actor.js';
import { ERROR_TEXTS } from '../errors/error-codes.js';
import type { RetryRule } from '../errors/vendor-codes.js';

/** Objects with every member of a union as a key, so that the compiler misses none. */
const ACTORS: Readonly<Record<Actor, true>> = {
  us: true,
  developer: true,
  vendor: true,
  'end-user': true,
  business: true,
};
const RETRY_RULES: Readonly<Record<RetryRule, true>> = {
  never: true,
  renew: true,
  backoff: true,
  briefly: true,
  spaced: true,
};

/**
 * Check the option `codeRules`. A rule that cannot be applied would otherwise come to light with the first such answer.
 *
 * @returns a sentence for every fault; nothing of a value is repeated
 */
export function faultsInCodeRules(rules: unknown): string[] {
  if (!isObject(rules)) return ['must be an object whose keys are vendor codes'];
  return Object.entries(rules).flatMap(([code, rule]) => {
    if (!isObject(rule)) return [`'${code}' must be an object with some of error, actor, retry, en and zh`];
    return [
      ...oneOf(ERROR_TEXTS, rule['error'], `'${code}': error`),
      ...oneOf(ACTORS, rule['actor'], `'${code}': actor`),
      ...oneOf(RETRY_RULES, rule['retry'], `'${code}': retry`),
      ...['en', 'zh'].flatMap((language) => {
        const text = rule[language];
        return text === undefined || typeof text === 'string' ? [] : [`'${code}': ${language} must be a text`];
      }),
    ];
  });
}

function oneOf(allowed: object, value: unknown, what: string): string[] {
  if (value === undefined || (typeof value === 'string' && Object.hasOwn(allowed, value))) return [];
  return [`${what} must be one of ${Object.keys(allowed).join(', ')}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
