import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { SdkLaunch } from 'nestjs-bankcard-ocr';
import { KycSandbox, orderNoForCode, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { OPTION_VARIABLES } from '../libs/bankcard-ocr/src/options/options-from-env.js';
import { type Check, readmeChecks } from './support/readme-checks.js';
import { codeBlocks, writeBlocks } from './support/readme-code.js';
import { architectureChecks, fleetChecks, pageChecks, protocolChecks } from './support/readme-documents.js';
import { markdownFiles } from './support/readme-links.js';
import { checkTypes, type TypeReport } from './support/readme-types.js';

const ROOT = path.join(__dirname, '..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');

const README = read('README.md');
const README_ZH = read('README.zh-CN.md');
const FLEET = read('docs/fleet.md');
const FLEET_ZH = read('docs/fleet.zh-CN.md');
const BLOCKS = codeBlocks(README);
const FLEET_BLOCKS = codeBlocks(FLEET);

// At once, not in a hook: the test among the blocks has to be registered while this file is.
const folder = writeBlocks(ROOT, [...BLOCKS, ...FLEET_BLOCKS]);
const SPOILT = 'spoilt.ts';
writeFileSync(path.join(folder, SPOILT), BLOCKS[1]?.code.replace('.reveal()', '.unmask()') ?? '');

let types: TypeReport;

beforeAll(() => {
  types = checkTypes(
    ROOT,
    [...[...BLOCKS, ...FLEET_BLOCKS].map(({ name }) => name), SPOILT].map((name) => path.join(folder, name)),
  );
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(name: string): Record<string, Type> {
  return jest.requireActual(path.join(folder, name));
}

describe('the code of the README, and of docs/fleet.md', () => {
  it('is an application, a service and its test, and a client of Redis', () => {
    expect(BLOCKS.map(({ name }) => name)).toEqual([
      'app.module.ts',
      'card-binding.service.ts',
      'card-binding.spec.ts',
    ]);
    expect(FLEET_BLOCKS.map(({ name }) => name)).toEqual(['tickets-in-redis.ts']);
  });

  it('compiles, and would be noticed if it did not', () => {
    for (const { name } of [...BLOCKS, ...FLEET_BLOCKS]) expect([name, types.errors.get(name)]).toEqual([name, []]);
    expect(types.errors.get(SPOILT)?.join()).toMatch(/unmask.*does not exist/);
  });

  describe('when it runs', () => {
    const environment = { ...process.env };
    let sandbox: KycSandbox;
    let app: { close(): Promise<void> } | undefined;

    beforeEach(async () => {
      sandbox = await KycSandbox.start();
      for (const name of Object.values(OPTION_VARIABLES)) delete process.env[name];
      process.env[OPTION_VARIABLES.appId] = sandbox.appId;
      process.env[OPTION_VARIABLES.secret] = sandbox.secret;
      process.env[OPTION_VARIABLES.baseUrl] = sandbox.url;
      process.env[OPTION_VARIABLES.ticketStore] = 'memory:';
    });

    afterEach(async () => {
      await app?.close();
      app = undefined;
      await sandbox.stop();
      process.env = { ...environment };
    });

    it('answers masked cards over HTTP, and errors with their status', async () => {
      const { AppModule } = load('app.module.ts') as { AppModule: Type };
      const server = (await Test.createTestingModule({ imports: [AppModule] }).compile()).createNestApplication();
      app = server;
      await server.listen(0, '127.0.0.1');
      const get = async (orderNo: string) => {
        const response = await fetch(`${await server.getUrl()}/bank-cards/${orderNo}`);
        return { status: response.status, body: (await response.json()) as unknown };
      };
      const { clean, warned } = KycSandbox.EXAMPLE_ORDERS;
      expect(await get(clean)).toMatchObject({ status: 200, body: { cardNumber: '622202*********0128' } });
      expect(await get(warned)).toMatchObject({ body: { expired: true, warnings: [{ code: '-9113' }, {}] } });
      expect(await get(orderNoForCode('-9012'))).toMatchObject({ status: 422, body: { code: 'CARD_UNREADABLE' } });
      expect(await get('not-an-order')).toMatchObject({ status: 400 });
      expect(sandbox.misuse()).toEqual([]);
    });

    it('registers the module for all: another one need not import it', async () => {
      const { AppModule } = load('app.module.ts') as { AppModule: Type };
      const { CardBindingService } = load('card-binding.service.ts') as { CardBindingService: Type };
      @Module({ providers: [CardBindingService], exports: [CardBindingService] })
      class CardBindingModule {}
      const testing = await Test.createTestingModule({ imports: [AppModule, CardBindingModule] }).compile();
      app = testing;
      const cards = testing.get<{ cardNumberOf(orderNo: string): Promise<string | undefined> }>(CardBindingService);
      await expect(cards.cardNumberOf(KycSandbox.EXAMPLE_ORDERS.clean)).resolves.toBe(PICTURED_CARD_NUMBER);
      await expect(cards.cardNumberOf(KycSandbox.EXAMPLE_ORDERS.warned)).resolves.toBeUndefined();
      await expect(cards.cardNumberOf(orderNoForCode('-9012'))).resolves.toBeUndefined();
      await expect(cards.cardNumberOf(orderNoForCode('400104'))).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    });

    it('has the phone SDK launched, and tells its signature from others', async () => {
      const { AppModule } = load('app.module.ts') as { AppModule: Type };
      const { CardBindingService } = load('card-binding.service.ts') as { CardBindingService: Type };
      const testing = await Test.createTestingModule({
        imports: [AppModule],
        providers: [CardBindingService],
      }).compile();
      app = testing;
      const cards = testing.get<{
        launch(userId: string): Promise<SdkLaunch>;
        isGenuine(orderNo: string, sign: string): Promise<boolean>;
        cardNumberOf(orderNo: string): Promise<string | undefined>;
      }>(CardBindingService);
      const { appId, version, nonce, userId, orderNo, sign } = await cards.launch('user1');
      const launch = { openApiAppId: appId, openApiAppVersion: version, openApiNonce: nonce, openApiUserId: userId };
      expect(sandbox.acceptLaunch({ ...launch, orderNo, openApiSign: sign })).toMatchObject({ accepted: true });
      await expect(cards.isGenuine(orderNo, sandbox.phoneResultSignature(orderNo) ?? '')).resolves.toBe(true);
      await expect(cards.isGenuine(orderNo, sign)).resolves.toBe(false);
      await expect(cards.cardNumberOf(orderNo)).resolves.toMatch(/^\d{16,19}$/);
      expect(sandbox.misuse()).toEqual([]);
    });
  });

  describe('that is a test', () => {
    load('card-binding.spec.ts');
  });
});

function holds({ faults, spoil }: Check, page: string): void {
  expect(faults(page)).toEqual([]);
  expect(faults(spoil(page))).not.toEqual([]);
}

const PAGES: [name: string, checks: Check[]][] = [
  ['README.md', readmeChecks('en', README_ZH, () => types.optionNames)],
  ['README.zh-CN.md', readmeChecks('zh', README, () => types.optionNames)],
  ['docs/fleet.md', fleetChecks('en', FLEET_ZH, () => types)],
  ['docs/fleet.zh-CN.md', fleetChecks('zh', FLEET, () => types)],
  ['docs/protocol.md', protocolChecks(ROOT)],
  ['docs/architecture.md', architectureChecks(ROOT)],
  ...markdownFiles(ROOT).map((name): [string, Check[]] => [name, pageChecks(ROOT, name)]),
];

describe.each(PAGES)('%s', (name, checks) => {
  it.each(checks)('$what', (check) => holds(check, read(name)));
});
