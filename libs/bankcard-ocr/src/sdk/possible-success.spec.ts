import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { malformedResponse, vendorFailure } from '../vendor/response/envelope.js';
import { TransportError, transportError } from '../vendor/http/transport-error.js';
import { mayHaveGivenATicket } from './per-user-throttle.js';

const code = (vendorCode: string) => vendorFailure({ code: vendorCode }, {});
const system = (name: string) => transportError(Object.assign(new Error('x'), { code: name }));

describe('after a request for a NONCE ticket', () => {
  it.each<[string, unknown]>([
    ['whose answer was lost', system('ECONNRESET')],
    ['that timed out', new TransportError('TIMEOUT', true, { message: 'no answer' })],
    ['whose success cannot be read', malformedResponse('gave no readable ticket', { code: '0' }, true)],
    ['that ended in a fault of the vendor', code('999999')],
    ['that ended in a time-out inside Tencent', code('66660021')],
    ['that was too frequent: somebody else was given one', code('400504')],
    ['whose caller stopped', new Error('stop')],
    ['whose caller had no more time', new BankCardOcrError('TIMEOUT')],
  ])('%s, the user may have a ticket', (_what, error) => {
    expect(mayHaveGivenATicket(error)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['that was never sent', system('ECONNREFUSED')],
    ['that was refused for its token', code('15')],
    ['that was refused as malformed', code('400101')],
    ['that was denied', code('400103')],
    ['that was over the limit of all', code('400501')],
    ['that a proxy turned away', new TransportError('RATE_LIMITED', false, { message: '429', retryAfterMs: 5_000 })],
  ])('%s, the user has none', (_what, error) => {
    expect(mayHaveGivenATicket(error)).toBe(false);
  });
});
