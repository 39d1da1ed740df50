import { createHash } from 'node:crypto';
import { FileTicketStore, SignatureService, TicketService } from 'nestjs-bankcard-ocr';
import { startApplication } from '../support/application.js';
import { runCommandLine } from '../support/command-line.js';
import { CommandLineStage } from '../support/command-line-stage.js';

const NONCE = 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T';
const ORDER = 'order1';
const SIGN_TICKET = 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS';
const NONCE_TICKET = 'FxlAe3HFtEy73Um0pJNzIUriwtfnS3KRcPXiesd5ulS4XRAIcT0FbfaP52dwZf5S';
const KEY = 'a1'.repeat(32);

const { sign } = new SignatureService();
const explain = (args: readonly string[]) => ['sign', '--explain', '--app-id', 'IDAXXXXX', ...args];
const query = (signature: string) => explain(['--order-no', ORDER, '--nonce', NONCE, '--sign', signature]);
const sha1 = (values: readonly string[]) => createHash('sha1').update(values.join('')).digest('hex').toUpperCase();
const VALUES = ['IDAXXXXX', ORDER, '1.0.0', NONCE];

describe('sign --explain, with a ticket that is handed in', () => {
  const env = { BANKCARD_OCR_EXPLAIN_TICKET: SIGN_TICKET, BANKCARD_OCR_EXPLAIN_NONCE_TICKET: NONCE_TICKET };

  it('says that a signature fits, in English, in Chinese and as JSON', async () => {
    const args = query(sign(VALUES, SIGN_TICKET));
    const [english, chinese, json] = await Promise.all([
      runCommandLine(args, { env }),
      runCommandLine([...args, '--lang', 'zh'], { env }),
      runCommandLine([...args, '--json'], { env }),
    ]);
    expect(english).toEqual(
      expect.objectContaining({ exitCode: 0, stderr: '', stdout: 'fits, as a signature of a query\n' }),
    );
    expect(chinese).toMatchObject({ exitCode: 0, stdout: '签名正确（查询）\n' });
    expect(JSON.parse(json.stdout)).toMatchObject({
      command: 'sign',
      fits: true,
      exitCode: 0,
      for: 'query',
      broken: [],
    });
  });

  it.each([
    ['lower case', query(sign(VALUES, SIGN_TICKET).toLowerCase()), 'letter-case'],
    [
      'values that are not sorted',
      query(sha1([...VALUES, SIGN_TICKET])),
      'order: not sorted, but joined as the documents list',
    ],
    [
      'values sorted by parameter name',
      query(sha1(['IDAXXXXX', NONCE, ORDER, SIGN_TICKET, '1.0.0'])),
      'order: sorted by parameter name',
    ],
    ['a NONCE ticket', query(sign(VALUES, NONCE_TICKET)), 'ticket-type: signed with a NONCE ticket'],
    [
      'a launch with a SIGN ticket',
      explain(['--user-id', 'u1', '--nonce', NONCE, '--sign', sign(['IDAXXXXX', 'u1', '1.0.0', NONCE], SIGN_TICKET)]),
      'ticket-type: signed with a SIGN ticket instead of a NONCE ticket',
    ],
    ['a line end in the ticket', query(sign(VALUES, `${SIGN_TICKET}\n`)), 'unknown: no known ticket produces it'],
  ])('names the rule that was broken: %s', async (_what, args, rule) => {
    const run = await runCommandLine(args, { env });
    expect(run).toMatchObject({ exitCode: 1, stderr: '' });
    expect(run.stdout).toMatch(/^does not fit, as a signature of a (query|launch)/);
    expect(run.stdout).toContain(`  ${rule}`);
    expect(run.shown).not.toContain(SIGN_TICKET);
    expect(run.shown).not.toContain(NONCE_TICKET);
  });

  it.each([
    ['no ticket', query('A'.repeat(40)), 'set BANKCARD_OCR_EXPLAIN_TICKET'],
    ['no ticket, in Chinese', [...query('A'.repeat(40)), '--lang', 'zh'], '请设置 BANKCARD_OCR_EXPLAIN_TICKET'],
    [
      'a ticket on the command line',
      [...query('A'.repeat(40)), '--ticket', SIGN_TICKET],
      'never go on the command line',
    ],
    ['no app id', ['sign', '--explain', '--order-no', ORDER, '--sign', 'A'.repeat(40)], 'missing: --app-id'],
    ['no signature', explain(['--order-no', ORDER]), 'missing: --sign'],
  ])('answers %s with 2', async (_what, args, wrong) => {
    const run = await runCommandLine(args, { env: {} });
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(wrong) });
    expect(run.shown).not.toContain(SIGN_TICKET);
    const json = await runCommandLine([...args, '--json'], { env: {} });
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, exitCode: 2, wrong: expect.stringContaining(wrong) });
  });
});

describe('sign --explain, with the ticket store of the environment', () => {
  let stage: CommandLineStage;
  beforeEach(async () => void (stage = await CommandLineStage.begin()));
  afterEach(() => stage.end());

  const environment = (change: Record<string, string> = {}): Record<string, string> => {
    return stage.environment({ BANKCARD_OCR_STORE_ENCRYPTION_KEY: KEY, ...change });
  };
  const queryOf = (appId: string, signature: string) => {
    return ['sign', '--explain', '--app-id', appId, '--order-no', ORDER, '--nonce', NONCE, '--sign', signature];
  };

  /** Two generations, the first one replaced by the second. */
  async function twoTickets(): Promise<{ first: string; second: string; token: string }> {
    const { sandbox, directory } = stage;
    const ticketStore = `file:${directory}`;
    const { application } = await startApplication(sandbox, { ticketStore, storeEncryptionKey: KEY });
    const tickets = application.get(TicketService);
    const first = (await tickets.getCredentials()).signTicket.reveal();
    const next = await tickets.refresh();
    await application.close();
    return { first, second: next.signTicket.reveal(), token: next.accessToken.reveal() };
  }

  it('knows the current ticket, the earlier ones, and what was taken for a ticket', async () => {
    const { first, second, token } = await twoTickets();
    const values = [stage.sandbox.appId, ORDER, '1.0.0', NONCE];
    const runs = await Promise.all(
      [second, first, token, stage.sandbox.secret].map((ticket) => {
        return runCommandLine(queryOf(stage.sandbox.appId, sign(values, ticket)), { env: environment() });
      }),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 1, 1, 1]);
    expect(runs[0]?.stdout).toContain('made with generation 2');
    expect(runs[1]?.stdout).toMatch(/stale-generation: signed with generation 1, which was replaced \d+ s ago/);
    expect(runs[2]?.stdout).toContain('ticket-type: signed with the access token');
    expect(runs[3]?.stdout).toContain('ticket-type: signed with the app secret');
    for (const secret of [first, second, token, stage.sandbox.secret, KEY]) {
      for (const { shown } of runs) expect(shown).not.toContain(secret);
    }
  });

  it('knows a ticket that is handed in as stale, when the store says so', async () => {
    const { first } = await twoTickets();
    const signature = sign([stage.sandbox.appId, ORDER, '1.0.0', NONCE], first);
    const env = environment({ BANKCARD_OCR_EXPLAIN_TICKET: first });
    const run = await runCommandLine(queryOf(stage.sandbox.appId, signature), { env });
    expect(run.stdout).toContain('stale-generation');
  });

  it('fits a report that comes late', async () => {
    const { first } = await twoTickets();
    const args = ['sign', '--explain', '--order-no', ORDER, '--sign', sign([stage.sandbox.appId, ORDER], first)];
    await expect(runCommandLine(args, { env: environment() })).resolves.toMatchObject({ exitCode: 0 });
  });

  it.each([
    [
      'a store key that does not open it',
      { BANKCARD_OCR_STORE_ENCRYPTION_KEY: 'b2'.repeat(32) },
      'no credentials that this environment can read and decrypt',
    ],
    ['another app id', { BANKCARD_OCR_APP_ID: 'IDAOTHER' }, 'belongs to another app id'],
    ['memory', { BANKCARD_OCR_TICKET_STORE: 'memory:' }, 'cannot inspect the ticket store'],
  ])('says why it knows none: %s', async (_what, change, why) => {
    await twoTickets();
    const run = await runCommandLine(queryOf(stage.sandbox.appId, 'A'.repeat(40)), { env: environment(change) });
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(why) });
  });

  it('leaves the store as it was', async () => {
    await twoTickets();
    const store = new FileTicketStore({ directory: stage.directory, appId: stage.sandbox.appId });
    const before = await store.read();
    await runCommandLine(queryOf(stage.sandbox.appId, 'A'.repeat(40)), { env: environment() });
    expect(await store.read()).toEqual(before);
  });
});
