import type { INestApplication } from '@nestjs/common';
import { KycSandbox, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { writePages } from '../support/page-code.js';

const { load, remove } = writePages('README.md', 'docs/getting-started.md');
afterAll(remove);

describe('docs/getting-started.md', () => {
  const environment = { ...process.env };
  let printed: jest.SpyInstance;

  beforeEach(() => {
    for (const name of Object.values(OPTION_VARIABLES)) delete process.env[name];
    printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  });

  afterEach(() => {
    printed.mockRestore();
    process.env = { ...environment };
  });

  it('has a first result, and leaves nothing running', async () => {
    await (load('first-result.ts') as { finished: Promise<void> }).finished;
    expect(printed.mock.calls).toEqual([[expect.objectContaining({ orderNo: KycSandbox.EXAMPLE_ORDERS.clean })]]);
  });

  it('serves cards and readiness from the sandbox that its environment names, and stops', async () => {
    const sandbox = await (load('sandbox.ts') as { started: Promise<KycSandbox> }).started;
    const lines = printed.mock.calls.map(([line]) => String(line).split(/=(.*)/).slice(0, 2));
    Object.assign(process.env, Object.fromEntries(lines), { PORT: '0' });
    const server = await (load('main.ts') as { started: Promise<INestApplication> }).started;
    const get = async (route: string) => {
      const response = await fetch(`${await server.getUrl()}${route}`);
      return { status: response.status, body: (await response.json()) as unknown };
    };
    expect(await get(`/bank-cards/${KycSandbox.EXAMPLE_ORDERS.clean}`)).toMatchObject({
      body: { cardNumber: '622202*********0128' },
    });
    expect(await get(`/bank-cards/${orderNoForCode('-9012')}`)).toMatchObject({ status: 422 });
    expect(await get('/health/ready')).toMatchObject({ status: 200, body: { state: 'fresh' } });
    await server.close();
    await sandbox.stop();
  });
});
