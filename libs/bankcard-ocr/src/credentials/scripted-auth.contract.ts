import type { Clock } from '../clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { AuthClient, IssuedCredential } from '../upstream/auth.client.js';
import { TransportFault } from '../upstream/transport-fault.js';

/** How a call of the vendor ends. */
export type AuthOutcome =
  'issued' | 'http-503' | 'refused' | 'dns' | 'lost' | 'unreadable' | 'cut-off' | 'incomplete' | 'rejected' | 'hangs';

/** The vendor's two auth endpoints in memory, for specs of the credentials: what they answer is said beforehand. */
export class ScriptedAuth {
  readonly tokenCalls: number[] = [];
  readonly ticketCalls: { readonly at: number; readonly accessToken: string }[] = [];
  token: AuthOutcome = 'issued';
  ticket: AuthOutcome = 'issued';
  tokenLifeMs = 7_200_000;
  ticketLifeMs = 3_600_000;

  constructor(private readonly clock: Clock) {}

  get asClient(): AuthClient {
    return this as unknown as AuthClient;
  }

  async accessToken(_attempt: number, signal: AbortSignal): Promise<IssuedCredential> {
    this.tokenCalls.push(this.clock.monotonic());
    return this.#end(this.token, `token-${this.tokenCalls.length}`, this.tokenLifeMs, signal);
  }

  async signTicket(
    accessToken: string,
    _generation: number,
    _attempt: number,
    signal: AbortSignal,
  ): Promise<IssuedCredential> {
    this.ticketCalls.push({ at: this.clock.monotonic(), accessToken });
    return this.#end(this.ticket, `ticket-${this.ticketCalls.length}`, this.ticketLifeMs, signal);
  }

  async #end(outcome: AuthOutcome, value: string, lifeMs: number, signal: AbortSignal): Promise<IssuedCredential> {
    const sentAt = { monotonicMs: this.clock.monotonic(), epochMs: this.clock.now() };
    const message = outcome;
    // As on a network: the answer is there after a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    switch (outcome) {
      case 'issued':
        return { value, lifeMs, sentAt };
      case 'http-503':
        throw new TransportFault('VENDOR_FAULT', true, { message });
      case 'refused':
      case 'dns':
        throw new TransportFault('UNREACHABLE', false, { message });
      case 'lost':
        throw new TransportFault('UNREACHABLE', true, { message });
      case 'unreadable':
        throw new TransportFault('ANSWER_MALFORMED', true, { message });
      case 'cut-off':
        throw new TransportFault('UNREACHABLE', true, { message }, true);
      case 'incomplete':
        throw new BankCardOcrError('ANSWER_MALFORMED', { message, vendorCode: '0', retryable: false });
      case 'rejected':
        throw new BankCardOcrError('CREDENTIALS_REJECTED', { message, vendorCode: '15' });
      case 'hangs':
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
      default:
        throw new Error(`no such outcome: ${String(outcome satisfies never)}`);
    }
  }
}
