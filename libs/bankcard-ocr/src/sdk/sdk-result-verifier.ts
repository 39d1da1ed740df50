import type { TicketService } from '../credentials/ticket.service.js';
import type { SignatureService } from '../signature/signature.service.js';
import type { SpacedReload } from './spaced-reload.js';

/** The form of a signature; what has another one is not looked at. */
export const RESULT_SIGNATURE = /^[0-9A-Fa-f]{40}$/;

/** What an {@link SdkResultVerifier} works with. */
interface SdkResultVerifierOptions {
  readonly appId: string;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  readonly spacedLook: SpacedReload;
}

/** Checks the signature that a phone SDK handed back (protocol.md section 4: app id, order number and a SIGN ticket). */
export class SdkResultVerifier {
  constructor(private readonly options: SdkResultVerifierOptions) {}

  /** @throws {@link BankCardOcrError} `NO_VALID_TICKET` when no known ticket fits and the current one could not be had */
  async verify(orderNo: string, sign: unknown, signal: AbortSignal): Promise<boolean> {
    // What no ticket can fit asks nobody for anything.
    if (typeof sign !== 'string' || !RESULT_SIGNATURE.test(sign)) return false;
    const { tickets, spacedLook } = this.options;
    const tried = new Set<string>();
    const fits = () => this.#fits(orderNo, sign, tried);
    // Before anything is asked for: what is known may decide also while nobody can give credentials.
    if (fits()) return true;
    await tickets.getCredentials(signal);
    if (fits()) return true;
    await spacedLook.once(signal);
    return fits();
  }

  /** All tickets that were not tried yet, whichever fits: the time tells nothing about where it stands. */
  #fits(orderNo: string, sign: string, tried: Set<string>): boolean {
    const { appId, tickets, signatures } = this.options;
    let fits = false;
    for (const secret of tickets.ticketsForVerifying) {
      const ticket = secret.reveal();
      if (tried.has(ticket)) continue;
      tried.add(ticket);
      fits = signatures.verify([appId, orderNo], ticket, sign) || fits;
    }
    return fits;
  }
}
