import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import type { BankCardOcrResult, DownloadManifest, RecognitionError, SdkLaunch } from 'nestjs-bankcard-ocr';
import { KycSandbox, orderNoForCode, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { SANDBOX_KEY } from '../../apps/demo-api/src/sandbox/sandbox-security.js';
import { keyEntry, type ServedDemo, serveDemo } from '../../apps/demo-api/test/serve-demo.js';
import { blocksOf, masked } from '../support/page-blocks.cjs';
import type { Check } from '../support/readme-checks.js';
import { codeBlocks, writeBlocks } from '../support/readme-code.js';
import { markdownFiles } from '../support/readme-links.js';
import { unsafeCommands } from '../support/readme-documents.js';
import { checksOfPages, readPage, ROOT } from '../support/readme-pages.js';
import { checkTypes, type TypeReport } from '../support/readme-types.js';

const BLOCKS = codeBlocks(readPage('README.md'));
/** In one language: the other one has the same, which is checked below. */
const ENGLISH = markdownFiles(ROOT, 'docs').filter((name) => !name.endsWith('.zh-CN.md'));
const OTHER_BLOCKS = ENGLISH.sort().flatMap((name) => codeBlocks(readPage(name)));
const ALL_BLOCKS = [...BLOCKS, ...OTHER_BLOCKS];

// At once, not in a hook: the test among the blocks has to be registered while this file is.
const folder = writeBlocks(ROOT, ALL_BLOCKS);
const SPOILT = 'spoilt.ts';
writeFileSync(path.join(folder, SPOILT), BLOCKS[1]?.code.replace('.reveal()', '.unmask()') ?? '');

let types: TypeReport;

beforeAll(() => {
  types = checkTypes(
    ROOT,
    [...ALL_BLOCKS.map(({ name }) => name), SPOILT].map((name) => path.join(folder, name)),
  );
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the README prints below a heading: each command, or undefined, with the JSON that follows it. */
function printedBelow(heading: string): { command: string | undefined; json: unknown }[] {
  const blocks = blocksOf(readPage('README.md')).filter((block) => block.heading === heading);
  return blocks.flatMap(({ language, code }, index) => {
    const before = blocks[index - 1];
    const command = before?.language === 'sh' ? before.code.trim() : undefined;
    return language === 'json' ? [{ command, json: withoutChanging(JSON.parse(code)) }] : [];
  });
}

/** JSON without what differs from one run to the next. */
function withoutChanging(json: unknown): unknown {
  return JSON.parse(masked(JSON.stringify(json)));
}

/** A block as a module: every class that it exports, by its name. */
function load<Name extends string>(file: string): Record<Name, Type> {
  return jest.requireActual(path.join(folder, file));
}

describe('the code of the README, and of the pages behind it', () => {
  it('is in files, each of which has a name of its own', () => {
    const names = ALL_BLOCKS.map(({ name }) => name);
    expect(names.filter((name) => !/^[\w.-]+\.ts$/.test(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(codeBlocks('```ts\nlet unnamed: string;\n```\n')[0]?.name).not.toMatch(/\.ts$/);
  });

  it('compiles, and would be noticed if it did not', () => {
    for (const { name } of ALL_BLOCKS) expect([name, types.errors.get(name)]).toEqual([name, []]);
    expect(types.errors.get(SPOILT)?.join()).toMatch(/unmask.*does not exist/);
  });

  describe('when it runs', () => {
    const environment = { ...process.env };
    let sandbox: KycSandbox;
    let app: { close(): Promise<void> } | undefined;

    /** The application of the README, and what else it may need. */
    async function compile(metadata: ModuleMetadata = {}): Promise<TestingModule> {
      const { AppModule } = load<'AppModule'>('app.module.ts');
      const { imports = [], ...rest } = metadata;
      const testing = await Test.createTestingModule({ imports: [AppModule, ...imports], ...rest }).compile();
      app = testing;
      return testing;
    }

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

    it('returns the JSON that the page prints', async () => {
      const { CardBindingService } = load<'CardBindingService'>('card-binding.service.ts');
      const server = (await compile({ providers: [CardBindingService] })).createNestApplication();
      app = server;
      await server.listen(0, '127.0.0.1');
      const get = async (route: string) => (await fetch((await server.getUrl()) + route)).json();
      const card = await get(`/bank-cards/${KycSandbox.EXAMPLE_ORDERS.clean}`);
      expect(printedBelow('Code example')).toEqual([{ command: undefined, json: withoutChanging(card) }]);
      const launch = await server
        .get<{ launch(userId: string): Promise<SdkLaunch> }>(CardBindingService)
        .launch('user1');
      expect(printedBelow('How a scan works')).toEqual([{ command: undefined, json: withoutChanging(launch) }]);
      const printed = printedBelow('Install');
      expect(printed).toHaveLength(1);
      for (const { command, json } of printed) expect(await get(routeOf(command))).toEqual(json);
    });

    it('answers masked cards over HTTP, and errors with their status', async () => {
      const server = (await compile()).createNestApplication();
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
      expect(sandbox.violations()).toEqual([]);
    });

    it('registers the module for all: another one need not import it', async () => {
      const { CardBindingService } = load<'CardBindingService'>('card-binding.service.ts');
      @Module({ providers: [CardBindingService], exports: [CardBindingService] })
      class CardBindingModule {}
      const testing = await compile({ imports: [CardBindingModule] });
      const cards = testing.get<{ cardNumberOf(orderNo: string): Promise<string | undefined> }>(CardBindingService);
      await expect(cards.cardNumberOf(KycSandbox.EXAMPLE_ORDERS.clean)).resolves.toBe(PICTURED_CARD_NUMBER);
      await expect(cards.cardNumberOf(KycSandbox.EXAMPLE_ORDERS.warned)).resolves.toBeUndefined();
      await expect(cards.cardNumberOf(orderNoForCode('-9012'))).resolves.toBeUndefined();
      await expect(cards.cardNumberOf(orderNoForCode('400104'))).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    });

    it('has the phone SDK launched, and tells its signature from others', async () => {
      const { CardBindingService } = load<'CardBindingService'>('card-binding.service.ts');
      const testing = await compile({ providers: [CardBindingService] });
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
      expect(sandbox.violations()).toEqual([]);
    });

    it('uploads photos, has images recognized, and settles what is in doubt', async () => {
      type Photos = 'CardPhotosService' | 'PhotoBucket';
      const { CardPhotosService, PhotoBucket } = load<Photos>('card-photos.service.ts');
      type Images = 'CardRecognitionService' | 'Orders';
      const { CardRecognitionService, Orders } = load<Images>('card-recognition.service.ts');
      const bucket = new Map<string, Buffer>();
      const put = async (key: string, body: Readable) => bucket.set(key, Buffer.concat(await body.toArray()));
      const notes: string[] = [];
      const note = async (orderNo: string, state: string) => void notes.push(`${orderNo} ${state}`);
      const begin = (orderNo: string) => note(orderNo, 'begun');
      const stores = [
        { provide: PhotoBucket, useValue: { put } },
        { provide: Orders, useValue: { begin, note } },
      ];
      const testing = await compile({ providers: [CardPhotosService, CardRecognitionService, ...stores] });
      const { clean } = KycSandbox.EXAMPLE_ORDERS;
      const photos = testing.get<{ toBucket(orderNo: string): Promise<DownloadManifest> }>(CardPhotosService);
      const manifest = await photos.toBucket(clean);
      const stored = Object.fromEntries([...bucket].map(([key, bytes]) => [key, bytes.length]));
      expect(stored).toEqual(
        Object.fromEntries(manifest.photos.map(({ kind, size }) => [`${clean}/${kind}.jpg`, size])),
      );

      const file = path.join(folder, 'card.jpg');
      writeFileSync(file, bucket.get(`${clean}/original.jpg`)!);
      const cards = testing.get<{
        recognize(userId: string, file: string): Promise<BankCardOcrResult>;
        settle(inDoubt: string[]): Promise<void>;
      }>(CardRecognitionService);
      const { orderNo } = await cards.recognize('user1', file);
      expect(notes.splice(0)).toEqual([`${orderNo} begun`, `${orderNo} recognized`]);

      sandbox.injectFault({ endpoint: 'bankcardocrapp', kind: 'reset' });
      const lost = await cards.recognize('user1', file).catch((error: unknown) => error as RecognitionError);
      expect(notes.splice(0)).toEqual([`${lost.orderNo} begun`, `${lost.orderNo} in doubt`]);
      await cards.settle([orderNo, lost.orderNo]);
      expect(notes.sort()).toEqual([`${orderNo} recognized`, `${lost.orderNo} failed`].sort());
      expect(sandbox.violations()).toEqual([]);
    });
  });

  describe('that is a test', () => {
    load('card-binding.spec.ts');
  });
});

/** The part of a curl command that a server sees; what it sends, it sends by POST. */
function routeOf(command = ''): string {
  return /http:\/\/127\.0\.0\.1:3000(?<route>\/\S+)$/.exec(command)?.groups?.['route'] ?? `/no route in ${command}`;
}

describe('the sandbox of the README', () => {
  const environment = { ...process.env };
  let demo: ServedDemo;

  beforeEach(
    async () =>
      (demo = await serveDemo({}, undefined, { env: { DEMO_API_KEYS: keyEntry('sandbox/everything', SANDBOX_KEY) } })),
  );

  afterEach(async () => {
    process.env = { ...environment };
    await demo.close();
  });

  it('returns the JSON that the page prints below each command', async () => {
    const printed = printedBelow('Try the sandbox');
    expect(printed).toHaveLength(4);
    for (const { command = '', json } of printed) {
      const body = /-d '(?<body>[^']+)'/.exec(command)?.groups?.['body'];
      const response = await (body === undefined
        ? demo.get(routeOf(command), keyOf(command))
        : demo.post(routeOf(command), body, { ...keyOf(command), 'content-type': 'application/json' }));
      expect([command, withoutChanging(await response.json())]).toEqual([command, json]);
    }
    const others = blocksOf(readPage('README.md')).filter(({ heading, language, code }) => {
      return heading === 'Try the sandbox' && language === 'sh' && code.includes(' -o card.jpg ');
    });
    expect(others).toHaveLength(1);
    const photo = await demo.get(routeOf(others[0]?.code.trim()), keyOf(others[0]?.code));
    expect([photo.status, photo.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  });
});

/** The API key that a command of curl sends. */
function keyOf(command = ''): Record<string, string> {
  const key = /-H "x-api-key: (?<key>[\w-]+)"/.exec(command)?.groups?.['key'];
  return key === undefined ? {} : { 'x-api-key': key };
}

it('what the package and the demo print calls the installed command line only', () => {
  const sources = ['libs/bankcard-ocr/src', 'apps/demo-api', 'examples'].flatMap((name) => {
    const files = readdirSync(path.join(ROOT, name), { recursive: true, encoding: 'utf8' });
    return files.filter((file) => /\.[cm]?[jt]s$/.test(file)).map((file) => path.join(name, file));
  });
  expect(sources.length).toBeGreaterThan(300);
  for (const name of sources) expect([name, unsafeCommands(readPage(name))]).toEqual([name, []]);
  expect(unsafeCommands('Run npx nestjs-bankcard-ocr doctor')).toHaveLength(1);
  expect(unsafeCommands('Run npx --yes nestjs-bankcard-ocr doctor, or npx -y nestjs-bankcard-ocr')).toHaveLength(1);
  expect(unsafeCommands('Run npx --no nestjs-bankcard-ocr doctor')).toEqual([]);
});

function holds({ faults, spoil }: Check, page: string): void {
  expect(faults(page)).toEqual([]);
  expect(faults(spoil(page))).not.toEqual([]);
}

describe.each(checksOfPages(() => types))('%s', (name, checks) => {
  it.each(checks)('$what', (check) => holds(check, readPage(name)));
});
