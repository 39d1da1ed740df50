import { types } from 'node:util';
import { StoreError } from '../credentials/store/ticket-store.js';
import { redactVendorText, systemCodeOf } from '../errors/redaction.js';

/** Why a command was not carried out, or nobody knows whether it was. Never says what the command was. */
export class RedisError extends StoreError {
  override name = 'RedisError';

  constructor(
    /** The code of Redis (`NOAUTH`), of the system (`ECONNREFUSED`), or one of ours. */
    code: string,
    /** Redis refuses for a reason that waiting does not fix: password, privileges, what the key holds. */
    readonly isRefusal: boolean,
    /** What the server said, made safe to show. */
    reason?: string,
  ) {
    super(code, reason);
  }
}

/** Redis, or what stands before it, is not what it should be; but it will be. */
const PASSING = new Set(
  'LOADING BUSY CLUSTERDOWN TRYAGAIN MASTERDOWN READONLY OOM MISCONF NOREPLICAS MAXCLIENTS'.split(' '),
);

/** Turn what the client threw, which may hold the command with its arguments (`sent`), into an error without them. */
export function redisError(error: unknown, sent: readonly string[] = []): RedisError {
  if (error instanceof RedisError) return error;
  // Not by `instanceof`: errors of Node itself are none in every context.
  if (!types.isNativeError(error)) return new RedisError('UNKNOWN', false);
  const code = systemCodeOf(error);
  if (code !== undefined) return new RedisError(code, false);
  // What Redis answers begins with a code in capitals, what the client says itself never does. The name of the class is
  // no guide: a minified bundle changes it.
  const said = codeIn(error.message);
  if (said !== undefined) return new RedisError(said, !PASSING.has(said), reasonIn(error.message, said, sent));
  return new RedisError(/^[A-Z]\w{1,34}Error$|^Error$/.test(error.name) ? error.name : 'UNKNOWN', false);
}

/** An error inside a script is an ERR that quotes another one, in the words of the version of Redis. */
function codeIn(message: string): string | undefined {
  const code = /^[A-Z][A-Z0-9]{1,20}(?= |$)/.exec(message)?.[0];
  if (code !== 'ERR') return code;
  if (/max number of clients/i.test(message)) return 'MAXCLIENTS';
  if (/can't run this command|No permissions/i.test(message)) return 'NOPERM';
  return /-([A-Z]{3,20}) /.exec(message)?.[1] ?? code;
}

/** Enough to name the rule that was broken; servers quote at most the beginning of what was sent as well. */
const LONGEST_REASON = 160;
/** Shorter arguments are numbers, and parts of words. */
const SHORTEST_SECRET = 6;
/** What a server quotes may be anything that was sent; the names of our own commands tell which privilege is missing. */
const QUOTED = /'[^']*'?|"[^"]*"?|`[^`]*`?/g;
const OUR_COMMANDS = /^(eval|time|get|set|del|pttl|pexpire|hget|hset|rename|publish|subscribe|select|info)$/i;

/** What the server said besides its code, without anything that it may repeat of the command. */
function reasonIn(message: string, code: string, sent: readonly string[]): string | undefined {
  const [words = ''] = message.split(/,? with args beginning with/i);
  const unquoted = words
    .replace(new RegExp(`^${code} `), '')
    // Where in our script it happened.
    .replace(/\.? script: \w+, on @user_script:\d+\.?$/, '')
    // In `can't` it quotes nothing.
    .replaceAll(/(?<=[a-z])'(?=[a-z])/gi, '\u2019')
    .replaceAll(QUOTED, (quoted) => (OUR_COMMANDS.test(quoted.replaceAll(/^.|.$/g, '')) ? quoted : '[redacted]'))
    .replaceAll('\u2019', "'");
  const secrets = sent.filter(({ length }) => length >= SHORTEST_SECRET);
  const safe = redactVendorText(unquoted, secrets);
  if (safe === '' || safe === code) return undefined;
  return safe.length > LONGEST_REASON ? `${safe.slice(0, LONGEST_REASON)}…` : safe;
}
