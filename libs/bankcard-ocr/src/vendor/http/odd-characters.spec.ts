import { SystemClock } from '../../runtime/clock.js';
import { SecretText } from '../../runtime/secret-text.js';
import { AuthClient } from '../auth.client.js';
import { NEVER, OddVendor, TRANSPORT_KINDS } from '../odd-vendor.test-support.js';
import { ResultClient } from '../result.client.js';

const signal = new AbortController().signal;

/** What a server of any make reads in the query of the last request, decoded once. */
function received(vendor: OddVendor): Record<string, string> {
  const [, query = ''] = (vendor.served.at(-1) ?? '').split('?');
  const decode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '));
  return Object.fromEntries(query.split('&').map((pair) => pair.split('=').map(decode)));
}

describe.each(TRANSPORT_KINDS)('odd characters over %s', (kind) => {
  let vendor: OddVendor;

  beforeEach(async () => {
    vendor = await OddVendor.start(kind);
    vendor.answer = (response) => response.end(JSON.stringify({ code: '0', bankCardNo: '6222021234567890128' }));
  });
  afterEach(() => vendor.stop());

  describe.each(['a&b=c+d/%', '%41%2B', 'x?y#z', 'a b;c:d\'e"f\\g', '../卡\u{1F4B3}'])('%s', (odd) => {
    it('arrive as they were given with a request for credentials', async () => {
      const client = new AuthClient(vendor.exchange(), {
        appId: odd,
        secret: new SecretText(`secret ${odd}`),
        appIdFields: { accessToken: 'app_id', apiTicket: 'app_id' },
        version: `1 ${odd}`,
        paths: { accessToken: '/token', apiTicket: '/ticket' },
        timeoutMs: 60_000,
      });
      const given = { app_id: odd, version: `1 ${odd}` };
      // The answer has no credentials; what was asked is all that counts.
      await expect(client.accessToken(1, signal)).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
      expect(received(vendor)).toEqual({ ...given, secret: `secret ${odd}`, grant_type: 'client_credential' });
      const accessToken = `token ${odd}`;
      const ticket = client.apiTicket({ accessToken, userId: `user ${odd}`, generation: 1, attempt: 1, signal });
      await expect(ticket).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
      const asked = { access_token: accessToken, type: 'NONCE', user_id: `user ${odd}` };
      expect(received(vendor)).toEqual({ ...given, ...asked });
    });

    it('arrive as they were given with a query', async () => {
      const [appId, version] = [odd, `1 ${odd}`];
      const options = { path: '/query', appIdField: 'app_id', appId, version };
      const client = new ResultClient(vendor.exchange(), new SystemClock(), options);
      const query = { appId, version, orderNo: 'order0001', nonce: 'n'.repeat(32), sign: 'A'.repeat(40) };
      const request = { signed: query, attempt: 1, generation: 1, timeoutMs: 60_000, cancellation: NEVER };
      const result = client.queryResult(request, false, (found) => found);
      await expect(result).resolves.toMatchObject({ orderNo: 'order0001' });
      const { orderNo: order_no, nonce, sign } = query;
      expect(received(vendor)).toEqual({ app_id: appId, version, order_no, nonce, sign });
    });
  });
});
