/**
 * What a client must not do:
 * - `concurrent-refresh`: a token or SIGN ticket call arrived while another one was in flight.
 * - `refresh-interleaved`: a token call arrived between another refresh's token and its ticket call.
 * - `refresh-too-soon`: a token call came sooner than `minRefreshIntervalMs` after the previous token.
 * - `sign-ticket-on-the-side`: a second SIGN ticket from a token that had answered with one (it kills the first).
 * - `nonce-reused`: a nonce was seen before; every request wants a fresh one, retries included.
 * - `illegal-nonce`: not 32 letters and digits.
 * - `illegal-order-no`: longer than 32, or not letters and digits only.
 * - `order-no-reused`: an image was sent for recognition under an order number that has been used.
 * - `illegal-user-id`: longer than 32, or not letters and digits only.
 * - `nonce-ticket-too-soon`: a second NONCE ticket for the same user within two seconds.
 */
export type MisuseKind =
  | 'concurrent-refresh'
  | 'refresh-interleaved'
  | 'refresh-too-soon'
  | 'sign-ticket-on-the-side'
  | 'nonce-reused'
  | 'illegal-nonce'
  | 'illegal-order-no'
  | 'order-no-reused'
  | 'illegal-user-id'
  | 'nonce-ticket-too-soon';

/** One misuse; carries no secret, token, ticket, signature, nonce or card number. */
export interface MisuseEntry {
  readonly kind: MisuseKind;
  /** Wall clock of the sandbox, ms since the epoch. */
  readonly at: number;
  /** What happened and which rule of protocol.md it breaks. */
  readonly text: string;
}

/** Why a token call is a recovery and no misuse. */
export type RecoveryReason =
  /** The previous token's answer was destroyed, cut or spoilt, or the client left before it was written. */
  | 'answer-lost'
  /** The previous token was answered, but nobody ever asked for its ticket: its owner was probably killed. */
  | 'ticket-never-fetched'
  /** The previous token was answered, but no ticket call with it succeeded. A living owner would retry the ticket. */
  | 'ticket-call-failed';

/** A token call that follows a token nobody could use. */
export interface RecoveryEntry {
  readonly reason: RecoveryReason;
  /** Wall clock of the sandbox, ms since the epoch. */
  readonly at: number;
  /** Generation of the token that was lost. */
  readonly lostGeneration: number;
}
