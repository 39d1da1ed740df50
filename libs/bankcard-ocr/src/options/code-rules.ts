import type { Actor } from '../errors/actor.js';
import { ERROR_TEXTS } from '../errors/error-codes.js';
import { Problem } from '../errors/problem.js';
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
 * @returns every fault; nothing of a value is repeated
 */
export function faultsInCodeRules(rules: unknown): Problem[] {
  if (!isObject(rules)) {
    return [new Problem('must be an object whose keys are vendor codes', '必须是以腾讯云响应码为键的对象')];
  }
  return Object.entries(rules).flatMap(([code, rule]) => {
    if (!isObject(rule)) {
      return [
        new Problem(
          `'${code}' must be an object with some of error, actor, retry, en and zh`,
          `'${code}' 必须是对象，可含 error、actor、retry、en、zh`,
        ),
      ];
    }
    return [
      ...oneOf(ERROR_TEXTS, rule['error'], `'${code}': error`),
      ...oneOf(ACTORS, rule['actor'], `'${code}': actor`),
      ...oneOf(RETRY_RULES, rule['retry'], `'${code}': retry`),
      ...['en', 'zh'].flatMap((language) => {
        const text = rule[language];
        if (text === undefined || typeof text === 'string') return [];
        return [new Problem(`'${code}': ${language} must be a text`, `'${code}': ${language} 必须是文本`)];
      }),
    ];
  });
}

function oneOf(allowed: object, value: unknown, what: string): Problem[] {
  if (value === undefined || (typeof value === 'string' && Object.hasOwn(allowed, value))) return [];
  const names = Object.keys(allowed);
  return [new Problem(`${what} must be one of ${names.join(', ')}`, `${what} 必须是 ${names.join('、')} 之一`)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
