import { CredentialLedger } from '../credentials/credential-ledger.js';
import { DEFAULT_SETTINGS } from '../kyc-sandbox.options.js';
import { ManualClock } from '../manual-clock.js';
import { EvidenceLog, type ViolationEntry, type RecoveryEntry } from './evidence.js';
import { RefreshWatch } from './refresh-watch.js';

/** What a client over a socket can hardly be made to do in time; all else is in misuse.spec.ts. */
describe('RefreshWatch, when the connection ends while the answer is being written', () => {
  function start() {
    const clock = new ManualClock();
    const ledger = new CredentialLedger(clock, DEFAULT_SETTINGS);
    const misuse = new EvidenceLog<Omit<ViolationEntry, 'at'>>(clock);
    const recoveries = new EvidenceLog<Omit<RecoveryEntry, 'at'>>(clock);
    const watch = new RefreshWatch(clock, DEFAULT_SETTINGS, ledger, misuse, recoveries);
    const token = ledger.issueToken();
    const exchange = watch.tokenCallArrived();
    watch.tokenIssued(exchange, token);
    watch.answered(exchange, '0', false);
    return { watch, token, exchange, misuse, recoveries };
  }

  test('a ticket that was answered and then lost may be fetched again', () => {
    const { watch, token, misuse } = start();
    const ticketCall = watch.signTicketCallArrived(token);
    watch.answered(ticketCall, '0', false);
    watch.lost(ticketCall, true);
    watch.answered(watch.signTicketCallArrived(token), '0', false);
    expect(misuse.snapshot()).toEqual([]);
    watch.signTicketCallArrived(token);
    expect(misuse.snapshot()).toMatchObject([{ kind: 'sign-ticket-on-the-side' }]);
  });

  test('a token that was answered and then lost is lost', () => {
    const { watch, exchange, recoveries } = start();
    watch.lost(exchange, true);
    watch.tokenCallArrived();
    expect(recoveries.snapshot()).toMatchObject([{ reason: 'answer-lost', lostGeneration: 1 }]);
  });
});
