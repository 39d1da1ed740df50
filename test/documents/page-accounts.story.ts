import type { DynamicModule, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { writePages } from '../support/page-code.js';

const { load, remove } = writePages('docs/accounts.md');
afterAll(remove);

describe('docs/accounts.md', () => {
  const environment = { ...process.env };
  afterEach(() => void (process.env = { ...environment }));

  it('are read from variables that begin with their names, and know nothing of each other', async () => {
    const sandboxes = {
      LOANS: await KycSandbox.start({ appId: 'IDALOANS' }),
      WALLET: await KycSandbox.start({ appId: 'IDAWALLE' }),
    };
    for (const [prefix, { appId, secret, url }] of Object.entries(sandboxes)) {
      process.env[`${prefix}_${OPTION_VARIABLES.appId}`] = appId;
      process.env[`${prefix}_${OPTION_VARIABLES.secret}`] = secret;
      process.env[`${prefix}_${OPTION_VARIABLES.baseUrl}`] = url;
    }
    sandboxes.LOANS.addOrder({ orderNo: 'order1' });
    type Accounts = { query(account: string, orderNo: string): Promise<object> };
    type Module = { AccountsModule: Type; AccountsService: Type<Accounts> };
    const { AccountsModule, AccountsService } = load('accounts.module.ts') as Module;
    const app = await Test.createTestingModule({ imports: [AccountsModule] }).compile();
    await app.init();
    const accounts = app.get(AccountsService);
    await expect(accounts.query('loans', 'order1')).resolves.toMatchObject({ orderNo: 'order1' });
    await expect(accounts.query('wallet', 'order1')).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
    await app.close();
    for (const sandbox of Object.values(sandboxes)) {
      expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
      await sandbox.stop();
    }
  });

  it('of tenants are asked for when they are needed', async () => {
    const sandbox = await KycSandbox.start();
    sandbox.addOrder({ orderNo: 'order1' });
    const { appId, secret, url: baseUrl } = sandbox;
    type Cards = { query(tenantId: string, orderNo: string): Promise<object> };
    type Exports = { Tenants: Type; TenantCardsService: Type<Cards>; TenantsModule: Type };
    const { Tenants, TenantCardsService, TenantsModule } = load('tenants.module.ts') as Exports;
    const accountOf = async (tenantId: string) => {
      if (tenantId !== 'tenant1') throw new RangeError('no such tenant');
      return { appId, secret, baseUrl };
    };
    const tenants = { provide: Tenants, useValue: { accountOf } };
    const known: DynamicModule = { module: class {}, global: true, providers: [tenants], exports: [Tenants] };
    const app = await Test.createTestingModule({ imports: [known, TenantsModule] }).compile();
    const cards = app.get(TenantCardsService);
    await expect(cards.query('tenant1', 'order1')).resolves.toMatchObject({ orderNo: 'order1' });
    await expect(cards.query('tenant2', 'order1')).rejects.toThrow('no such tenant');
    await app.close();
    await sandbox.stop();
  });

  describe('in a test', () => {
    load('accounts.spec.ts');
  });
});
