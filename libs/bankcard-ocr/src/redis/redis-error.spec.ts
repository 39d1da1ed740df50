import { inspect } from 'node:util';
import { RedisError, redisError } from './redis-error.js';

/** What was sent. */
const SENT = ['canary-key', 'canary-record'];

/** As the client throws what Redis answers: with the command and its arguments. `name`: a minifier chooses another. */
function reply(message: string, name = 'ReplyError'): Error {
  const command = { name: 'eval', args: SENT };
  return Object.assign(new Error(message), { name, command });
}

describe('what a client of Redis throws', () => {
  it.each<[string, string, boolean]>([
    ['NOAUTH Authentication required.', 'NOAUTH', true],
    ['WRONGPASS invalid username-password pair', 'WRONGPASS', true],
    ["NOPERM this user has no permissions to run the 'eval' command", 'NOPERM', true],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'WRONGTYPE', true],
    ['ERR invalid DB index', 'ERR', true],
    ["ERR Error running script: @user_script: 3: -NOPERM no permissions 'canary'", 'NOPERM', true],
    ["ERR The user executing the script can't run this command or subcommand", 'NOPERM', true],
    [
      "ERR Error running script: -READONLY You can't write against a read only replica. canary-record",
      'READONLY',
      false,
    ],
    ["READONLY You can't write against a read only replica.", 'READONLY', false],
    ['LOADING Redis is loading the dataset in memory', 'LOADING', false],
    ['BUSY Redis is busy running a script', 'BUSY', false],
    ['CLUSTERDOWN The cluster is down', 'CLUSTERDOWN', false],
    ['OOM command not allowed when used memory > maxmemory', 'OOM', false],
    ['MISCONF Redis is configured to save RDB snapshots', 'MISCONF', false],
    ['ERR max number of clients reached', 'MAXCLIENTS', false],
  ])('%s', (message, code, isRefusal) => {
    for (const name of ['ReplyError', 't', 'Error']) {
      const fault = redisError(reply(message, name), SENT);
      expect(fault).toMatchObject({ name: 'RedisError', code, isRefusal });
      expect(fault.message).toMatch(new RegExp(`^${code}(: .+)?$`));
      expect(inspect(fault, { depth: Infinity, showHidden: true }) + JSON.stringify(fault)).not.toContain('canary');
    }
  });

  it.each([
    'Connection is closed.',
    "Stream isn't writeable and enableOfflineQueue options is false",
    'Command timed out',
    'Command aborted due to connection close',
    'Reached the max retries per request limit (which is 0).',
    "Cluster isn't ready and enableOfflineQueue options is false",
    'Failed to refresh slots cache.',
    'Too many Cluster redirections. Last error: Error: MOVED 1 127.0.0.1:1',
    'Protocol error, got "H" as reply type byte',
  ])('is no refusal when the client says it: %s', (message) => {
    expect(redisError(reply(message, 't'))).toMatchObject({ code: 't', message: 't', isRefusal: false });
  });

  it.each<[string, unknown, string]>([
    ['a code of the system', Object.assign(new Error('canary'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a code that is no code', Object.assign(new Error('canary'), { code: 'canary words' }), 'Error'],
    ['a name that is no name', Object.assign(new Error('x'), { name: 'canary words' }), 'Error'],
    ['a name', Object.assign(new Error('canary'), { name: 'MaxRetriesPerRequestError' }), 'MaxRetriesPerRequestError'],
    ['no error', 'canary', 'Error'],
    ['nothing', undefined, 'Error'],
    ['an answer without a code', reply('canary in words'), 'ReplyError'],
  ])('is told by %s and nothing else, and is no refusal', (_what, thrown, code) => {
    const fault = redisError(thrown);
    expect(fault).toMatchObject({ code, message: code, isRefusal: false });
    expect(inspect(fault, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });

  it('stays what it is when it is a fault already', () => {
    const fault = new RedisError('TIMEOUT', false);
    expect(redisError(fault)).toBe(fault);
  });

  it.each<[string, string]>([
    [
      'ERR bad lua script for redis cluster, all the keys that the script uses should be passed using the KEYS array',
      'ERR: bad lua script for redis cluster, all the keys that the script uses should be passed using the KEYS array',
    ],
    [
      "NOPERM User canary has no permissions to run the 'eval' command",
      "NOPERM: User [redacted] has no permissions to run the 'eval' command",
    ],
    ["ERR unknown command 'FOO', with args beginning with: 'canary' 'x'", 'ERR: unknown command [redacted]'],
    ['ERR bad value "canary \\\'n" near `canary`, \'canary', 'ERR: bad value [redacted] near [redacted], [redacted]'],
    ["ERR can't do that to canary-record; don't", "ERR: can't do that to [redacted]; don't"],
    [`ERR at ${'T'.repeat(64)}`, 'ERR: at [redacted]'],
    ['ERR a\r\nforged line\u001b[31m', 'ERR: a forged line'],
    [`ERR ${'word '.repeat(100)}`, `ERR: ${'word '.repeat(60)}…`],
    ['ERR', 'ERR'],
  ])('tells the reason in the words of the server: %s', (message, shown) => {
    expect(redisError(reply(message), [...SENT, 'canary']).message).toBe(shown);
  });
});
