import { createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import type { DownloadManifest } from 'nestjs-bankcard-ocr';
import { BankCardOcrTestingModule, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { writePages } from '../support/page-code.js';

const { load, remove } = writePages('docs/privacy.md');
afterAll(remove);

interface SealedPhotos {
  store(orderNo: string, directory: string): Promise<DownloadManifest>;
  erase(orderNo: string): Promise<void>;
}
type Page = { SealedPhotosService: new () => SealedPhotos; PhotoKeys: new () => object };

const { clean } = KycSandbox.EXAMPLE_ORDERS;

describe('docs/privacy.md', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sealed-'));
  const keys = new Map<string, Buffer>();
  let app: TestingModule;
  let photos: SealedPhotos;

  beforeEach(async () => {
    const { SealedPhotosService, PhotoKeys } = load('sealed-photos.service.ts') as Page;
    const create = async (orderNo: string) => keys.set(orderNo, randomBytes(32)).get(orderNo);
    const destroy = async (orderNo: string) => void keys.delete(orderNo);
    app = await Test.createTestingModule({
      imports: [BankCardOcrTestingModule.forRoot()],
      providers: [SealedPhotosService, { provide: PhotoKeys, useValue: { create, destroy } }],
    }).compile();
    photos = app.get(SealedPhotosService);
  });

  afterEach(() => app.close());
  afterAll(() => rmSync(directory, { recursive: true }));

  function unseal(kind: string): Buffer {
    const bytes = readFileSync(path.join(directory, `${clean}-${kind}.sealed`));
    const decipher = createDecipheriv('aes-256-gcm', keys.get(clean)!, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  }

  const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  it('has photos encrypted while they arrive, each file whole when the download has ended', async () => {
    const manifest = await photos.store(clean, directory);
    expect(manifest.photos.map(({ kind }) => kind)).toEqual(['original', 'crop', 'numberStrip']);
    for (const { kind, sha256 } of manifest.photos) expect([kind, hashOf(unseal(kind))]).toEqual([kind, sha256]);
    await photos.erase(clean);
    expect(keys.size).toBe(0);
  });

  it('begins a photo anew when the response broke off', async () => {
    app.get(KycSandbox).injectFault({ endpoint: 'getBankCardOcrResult', kind: 'truncated', times: 1 });
    const manifest = await photos.store(clean, directory);
    for (const { kind, sha256 } of manifest.photos) expect([kind, hashOf(unseal(kind))]).toEqual([kind, sha256]);
  });

  it('fails when a file cannot be written', async () => {
    await expect(photos.store(clean, path.join(directory, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
