import { REAL_TIME_CASE, ticketStoreContract } from './ticket-store.contract.js';
import type { TicketStore } from './ticket-store.js';

export { aRecord } from './ticket-store.contract.js';

/** Test a kind of store by the contract, except for what takes real time. */
export function describeTicketStore(kind: string, openEmpty: () => Promise<() => Promise<TicketStore>>): void {
  describe(`the contract of a ticket store: ${kind}`, () => {
    for (const { name, run } of ticketStoreContract(openEmpty)) if (name !== REAL_TIME_CASE) it(name, run);
  });
}

/** Test a kind of store by the case of the contract that takes real time. */
export function describeLiveHolder(kind: string, openEmpty: () => Promise<() => Promise<TicketStore>>): void {
  for (const { name, run } of ticketStoreContract(openEmpty)) if (name === REAL_TIME_CASE) it(`${kind}: ${name}`, run);
}
