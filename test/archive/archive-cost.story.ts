import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EvidenceArchive, EvidenceStore, FileKeyStore } from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startApplication } from '../support/application.js';

/** Objects in memory; counts what it is asked for. */
class CountingStore extends EvidenceStore {
  readonly objects = new Map<string, Buffer>();
  readonly calls: string[] = [];
  readonly staged: string[] = [];

  async create(name: string, bytes: Buffer): Promise<boolean> {
    this.calls.push('create');
    if (this.objects.has(name)) return false;
    this.objects.set(name, Buffer.from(bytes));
    return true;
  }

  override async stage(name: string, bytes: Buffer): Promise<void> {
    this.calls.push('stage');
    this.objects.set(name, Buffer.from(bytes));
    this.staged.push(name);
  }

  override async flush(names: readonly string[]): Promise<void> {
    this.calls.push('flush');
    expect(names.toSorted()).toEqual(this.staged.splice(0).toSorted());
  }

  async read(name: string): Promise<Buffer | undefined> {
    this.calls.push('read');
    return this.objects.get(name);
  }

  async remove(name: string): Promise<void> {
    this.calls.push('remove');
    this.objects.delete(name);
  }

  async *list(prefix: string): AsyncIterable<string> {
    this.calls.push('list');
    yield* [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}

describe('what an order costs', () => {
  it('is the same few requests to the store, however many orders are kept', async () => {
    await using vendor = await KycSandbox.start({ unknownOrders: 'invent' });
    const app = await startApplication(vendor, { timeoutMs: 60_000 });
    const folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
    const store = new CountingStore();
    const wrappingKeys = { first: randomBytes(32).toString('base64') };
    const archive = new EvidenceArchive({
      source: { results: app.ocr, appId: vendor.appId, host: vendor.url },
      store,
      keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys }),
      // No midnight in between.
      clock: new ManualClock(),
    });
    await archive.open();
    for (let order = 1; order <= 60; order += 1) {
      store.calls.length = 0;
      await archive.keep(`order${order}`);
      // Is it kept? Three photos, durable before the manifest names them, then the log. Is the day sealed?
      const calls = ['read', 'stage', 'stage', 'stage', 'flush', 'create', 'create', 'read'];
      expect([order, store.calls]).toEqual([order, calls]);
    }
    await app.application.close();
    rmSync(folder, { recursive: true });
  });
});
