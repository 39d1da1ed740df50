import type { Clock } from '../runtime/clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { AuthClient, IssuedCredential } from '../vendor/auth.client.js';
import { TransportError } from '../vendor/http/transport-error.js';

/** How a call of the vendor ends. */
export type AuthOutcome =
  | 'issued'
  | 'http-503'
  | 'refused'
  | 'dns'
  | 'lost'
  | 'unreadable'
  | 'cut-off'
  | 'too-large'
  | 'incomplete'
  | 'rejected'
  | 'denied'
  | 'limited'
  | 'faulty'
  | 'hangs';

/** What hangs is given up after this. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** The vendor's two auth endpoints in memory, for specs of the credentials: what they answer is said beforehand. */
export class ScriptedAuth {
  readonly tokenCalls: number[] = [];
  readonly ticketCalls: { readonly at: number; readonly accessToken: string }[] = [];
  token: AuthOutcome = 'issued';
  ticket: AuthOutcome = 'issued';
  /** How the next calls end, one after the other; after these, as said above. */
  readonly nextTokens: AuthOutcome[] = [];
  readonly nextTickets: AuthOutcome[] = [];
  /** Is called while a request is on its way, so that something else can happen meanwhile. */
  onToken: () => void | Promise<void> = () => undefined;
  onTicket: (accessToken: string) => void | Promise<void> = () => undefined;
  tokenLifeMs = 7_200_000;
  ticketLifeMs = 3_600_000;

  constructor(private readonly clock: Clock) {}

  get asClient(): AuthClient {
    return this as unknown as AuthClient;
  }

  async accessToken(_attempt: number, signal: AbortSignal): Promise<IssuedCredential> {
    this.tokenCalls.push(this.clock.monotonic());
    const outcome = this.nextTokens.shift() ?? this.token;
    const value = `token-${this.tokenCalls.length}`;
    return this.#end(outcome, value, this.tokenLifeMs, signal, () => this.onToken());
  }

  async apiTicket({ accessToken, signal }: Parameters<AuthClient['apiTicket']>[0]): Promise<IssuedCredential> {
    this.ticketCalls.push({ at: this.clock.monotonic(), accessToken });
    const outcome = this.nextTickets.shift() ?? this.ticket;
    const value = `ticket-${this.ticketCalls.length}`;
    return this.#end(outcome, value, this.ticketLifeMs, signal, () => this.onTicket(accessToken));
  }

  async #end(
    outcome: AuthOutcome,
    value: string,
    lifeMs: number,
    signal: AbortSignal,
    meanwhile: () => void | Promise<void>,
  ): Promise<IssuedCredential> {
    const sentAt = { monotonicMs: this.clock.monotonic(), epochMs: this.clock.now() };
    const message = outcome;
    await meanwhile();
    // As on a network: the answer is there after a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    switch (outcome) {
      case 'issued':
        return { value, lifeMs, sentAt };
      case 'http-503':
        throw new TransportError('VENDOR_FAULT', true, { message });
      case 'refused':
      case 'dns':
        throw new TransportError('UNREACHABLE', false, { message });
      case 'lost':
        throw new TransportError('UNREACHABLE', true, { message });
      case 'unreadable':
        throw new TransportError('RESPONSE_MALFORMED', true, { message });
      case 'cut-off':
        throw new TransportError('UNREACHABLE', true, { message }, true);
      case 'incomplete':
        throw new BankCardOcrError('RESPONSE_MALFORMED', { message, vendorCode: '0', retryable: false });
      case 'too-large':
        throw new TransportError('RESPONSE_TOO_LARGE', true, { message });
      case 'denied':
        throw new BankCardOcrError('ACCESS_DENIED', { message, vendorCode: '400103', actor: 'developer' });
      case 'limited':
        throw new BankCardOcrError('RATE_LIMITED', { message, vendorCode: '400501' });
      case 'faulty':
        throw new BankCardOcrError('VENDOR_FAULT', { message, vendorCode: '999999' });
      case 'rejected':
        throw new BankCardOcrError('CREDENTIALS_REJECTED', { message, vendorCode: '15' });
      case 'hangs':
        return new Promise((_, reject) => {
          const late = () => reject(new TransportError('TIMEOUT', true, { message }));
          const timer = this.clock.setTimer(late, REQUEST_TIMEOUT_MS);
          const onAbort = () => {
            timer.cancel();
            reject(signal.reason as Error);
          };
          signal.addEventListener('abort', onAbort, { once: true });
        });
      default:
        throw new Error(`no such outcome: ${String(outcome satisfies never)}`);
    }
  }
}
