/** One generation as a store keeps it. Moments are epoch milliseconds by the wall clock of the machine that wrote it. */
export interface GenerationRecord {
  /** Running number; a refresh counts on from the stored one. */
  readonly number: number;
  /** Random, so that two generations are never mistaken for each other. */
  readonly id: string;
  readonly accessToken: string;
  /** When the token was asked for: its life is counted from here. */
  readonly tokenRequestedAtMs: number;
  readonly tokenLifeMs: number;
  readonly signTicket: string;
  readonly ticketRequestedAtMs: number;
  readonly ticketLifeMs: number;
}

/** A token whose SIGN ticket has not come yet. It has started the end of the generation before it. */
export type PendingToken = Omit<GenerationRecord, 'signTicket' | 'ticketRequestedAtMs' | 'ticketLifeMs'>;

/** Everything that a {@link TicketStore} holds for one app id. Contains secrets: never print one. */
export interface TicketRecord {
  readonly format: 1;
  /** Counts the writes, from 1; a swap succeeds only against the revision that was read. */
  readonly revision: number;
  /** Tells whether the credentials were made with the app secret of today, without telling the secret. */
  readonly secretFingerprint: string;
  readonly current?: GenerationRecord;
  readonly pending?: PendingToken;
  /**
   * When a token was asked for whose answer nobody has stored: it is on its way, or it was lost and the vendor may have
   * carried the request out, in which case `current` dies one overlap after this moment (protocol.md section 5).
   */
  readonly unansweredSinceMs?: number;
  /** Refreshes are failing: how many in a row, and when anybody may try again. All processes share one back-off. */
  readonly failed?: { readonly attempts: number; readonly retryAtMs: number };
  /** When the last refresh began that was not due but forced; forced ones stand one overlap apart. */
  readonly forcedAtMs?: number;
}

/** Read a record back from JSON; undefined for anything that is not exactly one. */
export function readTicketRecord(value: unknown): TicketRecord | undefined {
  if (!isObject(value)) return undefined;
  const { format, revision, secretFingerprint, current, pending, unansweredSinceMs, failed, forcedAtMs } = value;
  const valid =
    format === 1 &&
    Number.isSafeInteger(revision) &&
    (revision as number) > 0 &&
    typeof secretFingerprint === 'string' &&
    (current === undefined || isGeneration(current)) &&
    (pending === undefined || isToken(pending)) &&
    (unansweredSinceMs === undefined || isMoment(unansweredSinceMs)) &&
    (failed === undefined || isFailure(failed)) &&
    (forcedAtMs === undefined || isMoment(forcedAtMs));
  return valid ? (value as unknown as TicketRecord) : undefined;
}

function isToken(value: unknown): boolean {
  return (
    isObject(value) &&
    Number.isSafeInteger(value['number']) &&
    isText(value['id']) &&
    isText(value['accessToken']) &&
    isMoment(value['tokenRequestedAtMs']) &&
    isMoment(value['tokenLifeMs'])
  );
}

function isGeneration(value: unknown): boolean {
  return (
    isToken(value) &&
    isObject(value) &&
    isText(value['signTicket']) &&
    isMoment(value['ticketRequestedAtMs']) &&
    isMoment(value['ticketLifeMs'])
  );
}

function isFailure(value: unknown): boolean {
  return isObject(value) && isMoment(value['attempts']) && isMoment(value['retryAtMs']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isMoment(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
