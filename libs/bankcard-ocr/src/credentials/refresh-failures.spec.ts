import { inspect } from 'node:util';
import { ManualClock } from '../testing/manual-clock.js';
import { RefreshFailures } from './refresh-failures.js';
import { timingsFor } from './timings.js';

const SECRET = 'c'.repeat(64);

describe('a refresh that fails for a reason that nobody has foreseen', () => {
  it.each<[string, unknown, string]>([
    [
      'an error of a package',
      Object.assign(new TypeError('invalid onConnect method'), { code: 'UND_ERR_INVALID_ARG' }),
      'TypeError: invalid onConnect method',
    ],
    ['one that quotes a URL', new Error(`GET /token?secret=${SECRET} failed`), 'Error: GET /token?[redacted] failed'],
    ['no error', 'a text', 'Error: a text'],
    ['nothing', undefined, 'Error: undefined'],
  ])('tells what it was: %s', (_what, thrown, words) => {
    const failures = new RefreshFailures(new ManualClock(), timingsFor(1_200_000, 60_000), () => undefined);
    failures.note(thrown, { reason: 'initial', attempt: 1 });
    const error = failures.toError();
    expect(error.code).toBe('NO_VALID_TICKET');
    expect(error.message).toContain(`the refresh failed inside this library: ${words}`);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
  });
});
