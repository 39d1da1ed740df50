import { types } from 'node:util';

/** Why a command was not carried out, or nobody knows whether it was. Never says what the command was. */
export class RedisFault extends Error {
  override name = 'RedisFault';

  constructor(
    /** The code of Redis (`NOAUTH`), of the system (`ECONNREFUSED`), or one of ours. */
    readonly code: string,
    /** Redis refuses for a reason that waiting does not mend: password, privileges, what the key holds. */
    readonly isRefusal: boolean,
  ) {
    super(code);
  }
}

/** Redis, or what stands before it, is not what it should be; but it will be. */
const PASSING = new Set([
  'LOADING',
  'BUSY',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MASTERDOWN',
  'READONLY',
  'OOM',
  'MISCONF',
  'NOREPLICAS',
  'MAXCLIENTS',
]);

/** Turn what the client threw, whose message and properties may hold the command with its arguments, into a fault. */
export function redisFault(error: unknown): RedisFault {
  if (error instanceof RedisFault) return error;
  // Not by `instanceof`: errors of Node itself are none in every context.
  if (!types.isNativeError(error)) return new RedisFault('UNKNOWN', false);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code)) return new RedisFault(code, false);
  // What Redis answers begins with a code in capitals, what the client says itself never does. The name of the class is
  // no guide: a minified bundle changes it.
  const answered = codeIn(error.message);
  if (answered !== undefined) return new RedisFault(answered, !PASSING.has(answered));
  return new RedisFault(/^[A-Z]\w{1,34}Error$|^Error$/.test(error.name) ? error.name : 'UNKNOWN', false);
}

/** An error inside a script is an ERR that quotes another one, in the words of the version of Redis. */
function codeIn(message: string): string | undefined {
  const code = /^[A-Z][A-Z0-9]{1,20}(?= |$)/.exec(message)?.[0];
  if (code !== 'ERR') return code;
  if (/max number of clients/i.test(message)) return 'MAXCLIENTS';
  if (/can't run this command|No permissions/i.test(message)) return 'NOPERM';
  return /-([A-Z]{3,20}) /.exec(message)?.[1] ?? code;
}
