import { StoreError } from '../credentials/store/ticket-store.js';
import { codeOrNameOf, redactVendorText, systemCodeOf } from '../errors/redaction.js';

/** Why a command was not carried out, or may not have been. Never contains the command. */
export class RedisError extends StoreError {
  override name = 'RedisError';

  constructor(
    /** The code of Redis (`NOAUTH`), of the system (`ECONNREFUSED`), or one of ours. */
    code: string,
    /** Redis refuses for a reason that waiting does not fix: password, privileges, what the key holds. */
    readonly isRefusal = false,
    /** What the server said, made safe to show. */
    reason?: string,
  ) {
    super(code, reason);
  }
}

/** Redis, or a proxy in front of it, is temporarily not ready. */
const PASSING = new Set(
  'LOADING BUSY CLUSTERDOWN TRYAGAIN MASTERDOWN READONLY OOM MISCONF NOREPLICAS MAXCLIENTS'.split(' '),
);

/** Turn what the client threw, which may hold the command with its arguments (`sent`), into an error without them. */
export function redisError(error: unknown, sent: readonly string[] = []): RedisError {
  if (error instanceof RedisError) return error;
  const message = String((error as { message?: unknown } | null | undefined)?.message);
  // An error of Redis begins with a code in capitals, one of the client never does. The name of the class is no guide: a
  // minified bundle changes it.
  const code = systemCodeOf(error) === undefined ? codeIn(message) : undefined;
  if (code === undefined) return new RedisError(codeOrNameOf(error));
  return new RedisError(code, !PASSING.has(code), reasonIn(message, code, sent));
}

/** An error inside a script is an ERR that quotes another one, in the words of the version of Redis. */
function codeIn(message: string): string | undefined {
  const code = /^[A-Z][A-Z0-9]{1,20}(?= |$)/.exec(message)?.[0];
  if (code !== 'ERR') return code;
  if (/max number of clients/i.test(message)) return 'MAXCLIENTS';
  if (/can't run this command|No permissions/i.test(message)) return 'NOPERM';
  return /-([A-Z]{3,20}) /.exec(message)?.[1] ?? code;
}

/** A server may quote anything that was sent. Only the names of our own commands stay: they show the missing privilege. */
const QUOTED = /(?<![a-z])'[^']*'?|"[^"]*"?|`[^`]*`?/gi;
const OUR_COMMANDS = /^.(eval|time|get|set|del|pttl|pexpire|hget|hset|rename|publish|subscribe|select|info).$/i;

function reasonIn(message: string, code: string, sent: readonly string[]): string | undefined {
  const words = message
    .replace(/,? with args beginning with.*/is, '')
    .replace(new RegExp(`^${code} ?`), '')
    // Where in our script it happened.
    .replace(/\.? script: \w+, on @user_script:\d+\.?$/, '')
    .replaceAll(QUOTED, (quoted) => (OUR_COMMANDS.test(quoted) ? quoted : '[redacted]'));
  return redactVendorText(words, sent) || undefined;
}
