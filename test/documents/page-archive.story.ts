import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  type EvidenceArchive,
  type KeptOrder,
  EvidenceArchive as Archive,
  FileKeyStore,
} from 'nestjs-bankcard-ocr/archive';
import { BankCardOcrTestingModule, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { writePages } from '../support/page-code.js';
import { readPage } from '../support/readme-pages.js';
import { shellBlocksOf } from '../support/shell-blocks.js';

const { load, remove } = writePages('docs/archive.md');
afterAll(remove);

interface Service {
  keep(orderNo: string): Promise<KeptOrder>;
  crop(orderNo: string): Promise<Buffer | undefined>;
}

const { clean, warned } = KycSandbox.EXAMPLE_ORDERS;

describe('docs/archive.md', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  const keysDirectory = path.join(folder, 'keys');
  const [makeKey = '', checkBag = ''] = shellBlocksOf(readPage('docs/archive.md')).map(({ code }) => code);
  const run = (command: string, cwd = folder) => execFileSync('sh', ['-c', command], { cwd, encoding: 'utf8' });
  const [k2026, k2027] = [run(makeKey).trim(), run(makeKey).trim()];
  let app: TestingModule;
  let service: Service;
  let archive: EvidenceArchive;

  beforeAll(async () => {
    process.env['EVIDENCE_DIRECTORY'] = path.join(folder, 'evidence');
    process.env['EVIDENCE_KEYS_DIRECTORY'] = keysDirectory;
    process.env['EVIDENCE_WRAPPING_KEY'] = k2026;
    const { EvidenceModule } = load('evidence.module.ts') as { EvidenceModule: new () => object };
    const { EvidenceService } = load('evidence.service.ts') as { EvidenceService: new () => Service };
    app = await Test.createTestingModule({
      imports: [BankCardOcrTestingModule.forRoot(), EvidenceModule],
      providers: [EvidenceService],
    }).compile();
    await app.init();
    service = app.get(EvidenceService);
    archive = app.get(Archive);
  });

  afterAll(async () => {
    await app.close();
    for (const name of ['DIRECTORY', 'KEYS_DIRECTORY', 'WRAPPING_KEY']) delete process.env[`EVIDENCE_${name}`];
    rmSync(folder, { recursive: true });
  });

  it('has an order kept and read, and a bag that has the files it shows', async () => {
    const kept = await service.keep(clean);
    expect(kept).toMatchObject({ state: 'kept', retentionClass: 'loan-application', missing: [], isNew: true });
    expect(Object.keys(kept).sort()).toEqual([
      'isNew',
      'keptAt',
      'missing',
      'omitted',
      'photos',
      'ref',
      'retentionClass',
      'state',
    ]);
    expect((await service.crop(clean))?.length).toBeGreaterThan(100);
    await archive.export(clean, path.join(folder, 'bag'));
    const checked = run(checkBag, path.join(folder, 'bag'));
    expect(readPage('docs/archive.md')).toContain(`\`\`\`text\n${checked}\`\`\``);
    expect(readdirSync(path.join(folder, 'bag/data')).sort()).toEqual([
      'crop.jpg',
      'manifest.json',
      'numberStrip.jpg',
      'original.jpg',
      'result.json',
    ]);
  });

  it('has keys rotated, everything verified, and a day sealed', async () => {
    await service.keep(clean);
    const { rotate } = load('rotate-keys.ts') as { rotate(...given: string[]): Promise<number> };
    expect(await rotate(keysDirectory, k2026, k2027)).toBe(2);
    // And back, for the application has the old one only.
    const back = { directory: keysDirectory, wrappingKeys: { k2026, k2027 }, current: 'k2026' };
    expect(await new FileKeyStore(back).rotate()).toBe(2);
    const { verifyAll } = load('verify-archive.ts') as { verifyAll(archive: EvidenceArchive): Promise<string[]> };
    expect(await verifyAll(archive)).toEqual([]);
    const { runDaily } = load('archive-daily.job.ts') as { runDaily(archive: EvidenceArchive): Promise<string> };
    await expect(runDaily(archive)).resolves.toMatch(/^\d{4}-\d\d-\d\d: 0 entries, root [0-9a-f]{64}$/);
  });

  it('has an order erased by its last decision', async () => {
    await service.keep(warned);
    const { decide } = load('decisions.ts') as { decide(archive: EvidenceArchive, orderNo: string): Promise<void> };
    await decide(archive, warned);
    expect(await archive.find(warned)).toMatchObject({ state: 'erased' });
    await expect(service.crop(warned)).rejects.toMatchObject({ code: 'EVIDENCE_ERASED' });
  });

  it('has the orders of a table expected', async () => {
    const { OrdersOfThisBackend } = load('expected-orders.ts') as {
      OrdersOfThisBackend: new (table: object) => { since(time: Date): AsyncIterable<unknown> };
    };
    const scannedAt = new Date();
    const orders = new OrdersOfThisBackend({ scannedSince: async () => [{ orderNo: clean, scannedAt }] });
    const found: unknown[] = [];
    for await (const order of orders.since(scannedAt)) found.push(order);
    expect(found).toEqual([{ orderNo: clean, recognizedAt: scannedAt, retentionClass: 'loan-application' }]);
  });
});
