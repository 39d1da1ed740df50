import { BankCardOcrHealth, getBankCardOcrToken, MemoryTicketStore } from 'nestjs-bankcard-ocr';
import { BankCardOcrTestingModule } from 'nestjs-bankcard-ocr/testing';
import { MINUTE, type MovedTime, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';
import { start as startModules, stopAll } from '../support/several-accounts.js';

/** A store that can be lost. */
class LosableStore extends MemoryTicketStore {
  isLost = false;

  override async read(): ReturnType<MemoryTicketStore['read']> {
    if (this.isLost) throw Object.assign(new Error('lost'), { code: 'EIO' });
    return super.read();
  }
}

const healthIn = ({ app }: MovedTime) => app.application.get(BankCardOcrHealth).check('cards').cards;

describe('the health of an account', () => {
  afterEach(stop);

  it('is down until the first credentials have come, and says why', async () => {
    const moved = await start({}, (sandbox) => void sandbox.injectFault({ endpoint: 'access_token', kind: 'reset' }));
    expect(healthIn(moved)).toEqual({ status: 'down', state: 'none', store: 'ok', lastFailure: 'UNREACHABLE' });
    moved.sandbox.clearFaults();
    await passTime(moved.scene, 20 * SECOND, SECOND);
    expect(healthIn(moved)).toMatchObject({ status: 'up', state: 'fresh', store: 'ok' });
    expect(healthIn(moved)).not.toHaveProperty('lastFailure');
  });

  it('stays up while Tencent is down, before the credentials expire and afterwards', async () => {
    const moved = await start();
    await passTime(moved.scene, 10 * MINUTE, MINUTE);
    expect(healthIn(moved)).toEqual({ status: 'up', state: 'fresh', ageSeconds: 600, store: 'ok' });
    moved.sandbox.injectFault({ endpoint: 'auth', kind: 'code', code: '999999' });
    const seen = new Set<string>();
    await passTime(moved.scene, 80 * MINUTE, MINUTE, async () => {
      const { status, state } = healthIn(moved);
      seen.add(`${status} ${state}`);
    });
    expect([...seen]).toEqual(['up fresh', 'up due', 'up none']);
    expect(healthIn(moved)).toEqual({ status: 'up', state: 'none', store: 'ok', lastFailure: 'VENDOR_FAULT' });
  });

  it('is down only when the store is lost and the credentials have expired', async () => {
    const ticketStore = new LosableStore();
    const moved = await start({ ticketStore });
    ticketStore.isLost = true;
    await passTime(moved.scene, 30 * MINUTE, MINUTE);
    expect(healthIn(moved)).toMatchObject({ status: 'up', state: 'due', store: 'failing' });
    await passTime(moved.scene, 60 * MINUTE, MINUTE);
    expect(healthIn(moved)).toMatchObject({ status: 'down', state: 'none', store: 'failing' });
    ticketStore.isLost = false;
    await passTime(moved.scene, 20 * SECOND, SECOND);
    expect(healthIn(moved)).toMatchObject({ status: 'up', state: 'fresh', store: 'ok' });
  });

  it('asks nobody: neither Tencent nor the store', async () => {
    const moved = await start();
    const read = jest.spyOn(MemoryTicketStore.prototype, 'read');
    const { calls } = moved.sandbox;
    const before = { ...calls };
    for (let times = 0; times < 100; times += 1) healthIn(moved);
    await passTime(moved.scene, 1, 1);
    expect(moved.sandbox.calls).toEqual(before);
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
  });
});

describe('the health of several accounts', () => {
  afterEach(stopAll);

  it('is that of each by its name', async () => {
    const application = await startModules([
      BankCardOcrTestingModule.forRoot(),
      BankCardOcrTestingModule.forRoot({ name: 'loans', module: { backgroundRefresh: false } }),
    ]);
    const own = application.get(BankCardOcrHealth);
    const loans = application.get(getBankCardOcrToken(BankCardOcrHealth, 'loans'));
    while (own.check('own').own.state !== 'fresh') await new Promise(setImmediate);
    expect(own.check('own')).toMatchObject({ own: { status: 'up' } });
    expect(loans.check('loans')).toEqual({ loans: { status: 'down', state: 'none', store: 'ok' } });
  });
});
