import { createHmac } from 'node:crypto';

/** No number of a generation or a record is as high: counting on would soon end where numbers are exact. */
export const HIGHEST_NUMBER = 2 ** 52;

/** The number of the next generation; after the highest the count begins anew. */
export function numberAfter(number: number): number {
  return number + 1 < HIGHEST_NUMBER ? number + 1 : 1;
}

type Check<Value> = (value: unknown) => value is Value;
const isText: Check<string> = (value): value is string => typeof value === 'string' && value !== '';
const isMilliseconds: Check<number> = (value): value is number => Number.isFinite(value) && Number(value) >= 0;
const isCount: Check<number> = (value): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < HIGHEST_NUMBER;

/** Which values a member of a record may have, whether it moves with the clock, whether it is encrypted. */
export const CHECKS = {
  format: (value: unknown): value is 1 => value === 1,
  revision: (value: unknown): value is number => isCount(value) && value !== 0,
  count: isCount,
  text: isText,
  secret: isText,
  fingerprint: (value: unknown): value is string => typeof value === 'string',
  /** Epoch milliseconds by the wall clock of the process. */
  timestamp: isMilliseconds,
  duration: isMilliseconds,
  flag: (value: unknown): value is boolean => typeof value === 'boolean',
};
export type Kind = keyof typeof CHECKS;

/** Members of an object; those whose name ends with `?` may be missing. In brackets: a list of such objects. */
export type Schema = Readonly<{ [member: string]: Kind | Schema | readonly [Schema] }>;

type Stored<Type> = Type extends Kind
  ? (typeof CHECKS)[Type] extends Check<infer Value>
    ? Value
    : never
  : Type extends readonly [infer Item]
    ? readonly Stored<Item>[]
    : { readonly [Name in keyof Type as Name extends `${string}?` ? never : Name]: Stored<Type[Name]> } & {
        readonly [Name in keyof Type as Name extends `${infer Optional}?` ? Optional : never]?: Stored<Type[Name]>;
      };

const TOKEN = {
  /** Running number; a refresh counts on from the stored one. */
  number: 'count',
  /** Random, so that two generations are never mistaken for each other. */
  id: 'text',
  /** Of the refresh that fetched it: a mark of that refresh has been answered. */
  'refreshId?': 'text',
  accessToken: 'secret',
  /** When the token was asked for: its life is counted from here. */
  tokenRequestedAtMs: 'timestamp',
  tokenLifeMs: 'duration',
} as const;

const GENERATION = {
  ...TOKEN,
  signTicket: 'secret',
  ticketRequestedAtMs: 'timestamp',
  ticketLifeMs: 'duration',
  /** A request of ours that was given up may still end it: its rejection is no sign of a foreign refresher. */
  'contested?': 'flag',
} as const;

const RETIRED_TICKET = {
  number: 'count',
  id: 'text',
  signTicket: 'secret',
  /** When the token that replaced it was asked for. */
  replacedAtMs: 'timestamp',
  /** When it would have ended, had it not been replaced. */
  endsAtMs: 'timestamp',
} as const;

/** The JSON in the stores: this drives reading, translation to another clock, and encryption. */
export const RECORD = {
  format: 'format',
  /** Counts the writes, from 1; a write succeeds only against the record that was read. */
  revision: 'revision',
  /** Random id of the write, so that a writer recognises its own when it did not hear how that ended. */
  writeId: 'text',
  secretFingerprint: 'fingerprint',
  'current?': GENERATION,
  /** A token waits for its ticket: `current` is dying. It decides over `unanswered`, which another process has set. */
  'pending?': TOKEN,
  /** `by` asked for a token, without a response yet: `current` may end one overlap later (protocol.md section 5). */
  'unanswered?': { sinceMs: 'timestamp', by: 'text' },
  /**
   * Refreshes are failing: how many in a row, and when any process may try again. `pauseMs`: how long that pause was
   * when it began, as more can only be left by a clock that was set back. `by`: the only process that has failed,
   * without a response from the vendor, perhaps by its own connection, so no other waits.
   */
  'failed?': { attempts: 'duration', retryAtMs: 'timestamp', 'pauseMs?': 'duration', 'by?': 'text' },
  /** When the last forced refresh began; forced ones stand one overlap apart. */
  'forcedAtMs?': 'timestamp',
  /** When a process put back what the store had lost: the one that refreshes may have lost its lease. */
  'writtenBackAtMs?': 'timestamp',
  /** A reader was refused with the generation of this id, and may not refresh itself. */
  'rejectedId?': 'text',
  'earlier?': [RETIRED_TICKET],
} as const;

/** Everything that a {@link TicketStore} holds for one app id. Contains secrets: never print one. */
export type TicketRecord = Stored<typeof RECORD>;
/** One generation as a store keeps it. */
export type GenerationRecord = Stored<typeof GENERATION>;
/** A token whose SIGN ticket has not come yet. It has started the end of the generation before it. */
export type PendingToken = Stored<typeof TOKEN>;
/** The SIGN ticket of a generation that was replaced: a phone may still report what was signed with it. */
export type RetiredTicket = Stored<typeof RETIRED_TICKET>;

/** Whether a record shows a refresh that a process began and none has finished. */
export function isUnfinished(record: TicketRecord | undefined): boolean {
  return (record?.pending ?? record?.unanswered) !== undefined;
}

/** 32 hexadecimal digits that show that a secret has changed; it is far too long to be guessed from them. */
export function secretFingerprint(appId: string, secret: string): string {
  return createHmac('sha256', secret).update(`nestjs-bankcard-ocr secret of ${appId}`).digest('hex').slice(0, 32);
}
