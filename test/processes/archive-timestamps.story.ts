import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  EvidenceArchive,
  EvidenceStore,
  FileKeyStore,
  HttpTimestampAuthority,
  type HttpTimestampAuthorityOptions,
  type TimestampOptions,
  type VerificationStep,
} from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';
import { readPage } from '../support/readme-pages.js';
import { shellBlocksOf } from '../support/shell-blocks.js';
import { describeWithOpenssl, TimestampServer } from '../support/timestamp-server.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const BY = { by: 'compliance', why: 'request 17' };
const DAY_MS = 86_400_000;
const FIRST_DAY = '2026-01-01';

/** Somebody who can change everything that is stored. */
class OpenStore extends EvidenceStore {
  constructor(readonly objects = new Map<string, Buffer>()) {
    super();
  }

  copy(): OpenStore {
    return new OpenStore(new Map(this.objects));
  }

  names(part: string): string[] {
    return [...this.objects.keys()].filter((name) => name.includes(part)).sort();
  }

  async create(name: string, bytes: Buffer): Promise<boolean> {
    if (this.objects.has(name)) return false;
    // Its memory is used again.
    this.objects.set(name, Buffer.from(bytes));
    return true;
  }

  async read(name: string): Promise<Buffer | undefined> {
    return this.objects.get(name);
  }

  async remove(name: string): Promise<void> {
    this.objects.delete(name);
  }

  async *list(prefix: string): AsyncIterable<string> {
    yield* [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}

describeWithOpenssl('an archive with timestamps', () => {
  let sandbox: KycSandbox;
  let app: TestApplication;
  let tsa: TimestampServer;
  let folder: string;
  let clock: ManualClock;
  let store: OpenStore;
  const wrappingKeys = { first: randomBytes(32).toString('base64') };

  beforeAll(async () => {
    sandbox = await KycSandbox.start();
    app = await startApplication(sandbox, { timeoutMs: 60_000 });
    tsa = await TimestampServer.start();
  });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'stamps-'));
    clock = new ManualClock();
    store = new OpenStore();
    tsa.misbehavior = undefined;
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  afterAll(async () => {
    await app.application.close();
    await sandbox.stop();
    await tsa.stop();
  });

  function open(in_ = store, timestamps: TimestampOptions = { authority: authority(), ca: tsa.ca }): EvidenceArchive {
    return new EvidenceArchive({
      source: { results: app.ocr, appId: sandbox.appId, host: 'https://idasc.webank.com' },
      store: in_,
      keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys }),
      timestamps,
      clock,
    });
  }

  function authority(options: Partial<HttpTimestampAuthorityOptions> = {}): HttpTimestampAuthority {
    return new HttpTimestampAuthority({ url: tsa.url, maxAttempts: 1, ...options });
  }

  async function steps(wanted: AsyncIterable<VerificationStep>): Promise<VerificationStep[]> {
    const found: VerificationStep[] = [];
    for await (const step of wanted) found.push(step);
    return found;
  }

  async function findings(in_ = store): Promise<string[]> {
    const found = await steps(open(in_).verifyAll());
    return found.flatMap((step) => step.findings.map(({ object, code }) => `${object} ${code}`));
  }

  it('has one for the root of each day, and openssl verifies it without this library', async () => {
    const archive = open();
    const { ref } = await archive.keep(clean);
    await archive.keep(warned);
    await archive.keep(noValidity);
    clock.advance(2 * DAY_MS);
    expect(await archive.sealDay(FIRST_DAY)).toMatchObject({ count: 3, stampedAt: expect.any(Date) });
    expect(await findings()).toEqual([]);
    const bag = path.join(folder, 'bag');
    await archive.export(clean, bag);
    const run = (command: string) =>
      execFileSync('bash', ['-ec', command], { cwd: bag, encoding: 'utf8', stdio: 'pipe' });
    expect(run('sha256sum --check manifest-sha256.txt')).toContain(`data/root-${FIRST_DAY}.tsr: OK`);
    copyFileSync(tsa.caFile, path.join(folder, 'ca.pem'));
    const proof = readFileSync(path.join(bag, `data/proof-${FIRST_DAY}.txt`), 'utf8');
    const manifestHash = createHash('sha256')
      .update(readFileSync(path.join(bag, 'data/manifest.json')))
      .digest('hex');
    expect(proof.split('\n')[0]).toBe(`${ref} 0 ${manifestHash}`);
    const { root } = JSON.parse(readFileSync(path.join(bag, `data/root-${FIRST_DAY}.json`), 'utf8')) as {
      root: string;
    };
    // As the pages print it.
    for (const page of ['docs/archive.md', 'docs/archive.zh-CN.md']) {
      const block = shellBlocksOf(readPage(page)).find(({ code }) => code.startsWith('day='));
      const shown = run(block!.code.replace('2026-11-28', FIRST_DAY)).trim().split('\n');
      expect(shown[0]).toBe('Verification: OK');
      expect(shown.at(-1)).toBe(root);
    }
    const changed = readFileSync(path.join(bag, `data/root-${FIRST_DAY}.json`), 'utf8').replace(
      '"count":3',
      '"count":2',
    );
    writeFileSync(path.join(bag, `data/root-${FIRST_DAY}.json`), changed);
    expect(() =>
      run(`openssl ts -verify -data data/root-${FIRST_DAY}.json -in data/root-${FIRST_DAY}.tsr -CAfile ../ca.pem`),
    ).toThrow();
    expect(readdirSync(folder).sort()).toEqual(['bag', 'ca.pem', 'keys']);
  });

  const other = Buffer.alloc(32, 7);
  /** A query that differs where the second text was the first one. */
  const changed = (query: Buffer, at: number, bytes: Buffer) => {
    const copy = Buffer.from(query);
    bytes.copy(copy, at);
    return copy;
  };
  it.each<[string, NonNullable<TimestampServer['misbehavior']>, Partial<HttpTimestampAuthorityOptions>, RegExp]>([
    [
      'refuses the policy',
      async (query, response, reply) => response.end(await reply(query)),
      { policy: '1.2.3.9' },
      /refused by the authority \(status 2\)/,
    ],
    [
      'stamps something else',
      async (query, response, reply) =>
        response.end(await reply(changed(query, query.indexOf(Buffer.from([0x04, 0x20])) + 2, other))),
      {},
      /its digest is another one/,
    ],
    [
      'sends a recorded response',
      async (query, response, reply) =>
        response.end(await reply(changed(query, query.length - 8, other.subarray(0, 4)))),
      {},
      /another nonce/,
    ],
    ['sends garbage', (_query, response) => response.end('<html>'), {}, /not a response of RFC 3161/],
    [
      'sends half of a response',
      async (query, response, reply) => response.end((await reply(query)).subarray(0, -9)),
      {},
      /not a response of RFC 3161/,
    ],
    [
      'sends another signature',
      async (query, response, reply) => {
        const bytes = await reply(query);
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
        response.end(bytes);
      },
      {},
      /signature that is not valid/,
    ],
    [
      'sends without end',
      (_query, response) => {
        const more = (): void =>
          void (response.destroyed || response.write(Buffer.alloc(65_536), () => setImmediate(more)));
        more();
      },
      {},
      /larger than maxResponseBytes/,
    ],
    ['sends nothing', () => undefined, { timeoutMs: 300 }, /TimeoutError|TIMEOUT|ABORT/i],
    ['is down', (_query, response) => response.writeHead(503).end(), {}, /HTTP 503/],
    ['ends the connection', (_query, response) => response.destroy(), {}, /\(\w+\)/],
    [
      'sends elsewhere',
      (_query, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      {},
      /\(\w+\)/,
    ],
  ])('has it later from an authority that %s, and nothing else stops', async (_what, misbehavior, options, message) => {
    tsa.misbehavior = misbehavior;
    const archive = open(store, { authority: authority(options), ca: tsa.ca });
    await archive.keep(clean);
    clock.advance(2 * DAY_MS);
    const sealed = await archive.sealDay(FIRST_DAY);
    expect(sealed).toMatchObject({ count: 1, waiting: { days: 1, error: { code: 'TIMESTAMP_FAILED' } } });
    const { message: said } = sealed.waiting!.error as Error;
    expect(said).toMatch(message);
    expect(said).not.toContain('127.0.0.1');
    expect(store.names('.tsr')).toEqual([]);
    await archive.keep(warned);
    expect(await findings()).toEqual([]);
    tsa.misbehavior = undefined;
    clock.advance(2 * DAY_MS);
    expect(await open().sealDay('2026-01-03')).toMatchObject({ stampedAt: expect.any(Date) });
    expect(store.names('.tsr')).toHaveLength(3);
    expect(await findings()).toEqual([]);
  });

  it('asks again after a fault, with another nonce, and not after a refusal', async () => {
    let times = 0;
    tsa.misbehavior = async (query, response, reply) => {
      times += 1;
      if (times < 3) return response.writeHead(500).end();
      return response.end(await reply(query));
    };
    tsa.queries.length = 0;
    await authority({ maxAttempts: 3 }).stamp(other);
    expect(new Set(tsa.queries.map((query) => query.toString('hex'))).size).toBe(3);
    tsa.misbehavior = undefined;
    tsa.queries.length = 0;
    await expect(authority({ maxAttempts: 3, policy: '1.2.3.9' }).stamp(other)).rejects.toMatchObject({
      retryable: false,
    });
    expect(tsa.queries).toHaveLength(1);
    expect(await authority({ policy: '1.2.3.4.1' }).stamp(other)).toBeInstanceOf(Buffer);
  });

  it('stores none of an authority that the CA does not lead to', async () => {
    const elsewhere = await TimestampServer.start();
    try {
      const archive = open(store, { authority: new HttpTimestampAuthority({ url: elsewhere.url }), ca: tsa.ca });
      await archive.keep(clean);
      clock.advance(2 * DAY_MS);
      const { waiting } = await archive.sealDay(FIRST_DAY);
      expect(waiting?.error).toMatchObject({ why: expect.stringContaining('the configured CA certificates') });
      expect(store.names('.tsr')).toEqual([]);
    } finally {
      await elsewhere.stop();
    }
  });

  it.each([
    { url: 'ftp://host' },
    { url: 'no url' },
    { url: 'http://host', policy: '1.x' },
    { url: 'http://host', maxAttempts: 0 },
    { url: 'http://host', timeoutMs: -1 },
  ])('is not configured with the authority %j', (options) => {
    expect(() => new HttpTimestampAuthority(options)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
  });

  /** Three days: kept, restricted, erased, held; the first two days sealed and stamped. */
  async function history(): Promise<{ older: Buffer }> {
    const archive = open();
    await archive.keep(noValidity);
    // A manifest of an earlier attempt, which is valid in itself.
    const [name = ''] = store.names('manifest.json');
    const older = store.objects.get(name)!;
    store.objects.clear();
    for (const orderNo of [clean, warned, noValidity]) await archive.keep(orderNo);
    await archive.restrict(noValidity, BY);
    clock.advance(DAY_MS + 4 * 3_600_000);
    await archive.erase(warned, BY);
    await archive.sealDay(FIRST_DAY);
    clock.advance(DAY_MS);
    await archive.sealDay('2026-01-02');
    await archive.hold(clean, { ...BY, until: new Date(clock.now() + DAY_MS) });
    expect(await findings()).toEqual([]);
    return { older };
  }

  it('notices every bit that is changed', async () => {
    await history();
    let flips = 0;
    for (const name of store.names('')) {
      const whole = store.objects.get(name)!;
      // Photos are long, and all of their bytes alike.
      const step = name.endsWith('.json') || name.endsWith('.tsr') ? 5 : Math.ceil(whole.length / 12);
      for (let at = flips % 5; at < whole.length; at += step) {
        const copy = store.copy();
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (flips % 8)), at);
        copy.objects.set(name, bytes);
        flips += 1;
        // The mark of whose archive it is: it does not open.
        const noticed = name === 'archive.json' ? await refusal(copy) : await findings(copy);
        if (noticed.length === 0) throw new Error(`a bit of byte ${at} of ${name} was changed, and nothing noticed`);
      }
    }
    process.stdout.write(`${flips} bits changed, each was noticed\n`);
    expect(flips).toBeGreaterThan(1_000);
  });

  async function refusal(copy: OpenStore): Promise<string[]> {
    return findings(copy).catch((error: { code: string }) => [error.code]);
  }

  it('notices every object that is removed', async () => {
    await history();
    for (const name of store.names('')) {
      if (name === 'archive.json') continue;
      const copy = store.copy();
      copy.objects.delete(name);
      expect({ name, findings: await findings(copy) }).toEqual({
        name,
        findings: expect.arrayContaining([expect.any(String)]),
      });
    }
  });

  it('notices any two objects that are exchanged', async () => {
    await history();
    const kinds = ['-original', '-crop', 'manifest.json', '/history/', '.json', '.tsr'];
    let swaps = 0;
    for (const names of kinds
      .map((kind) => store.names(kind))
      .concat([store.names('-crop').concat(store.names('-original'))])) {
      for (const [index, one] of names.entries()) {
        for (const two of names.slice(index + 1)) {
          if (one === 'archive.json' || two === 'archive.json') continue;
          const copy = store.copy();
          copy.objects.set(one, store.objects.get(two)!);
          copy.objects.set(two, store.objects.get(one)!);
          swaps += 1;
          expect({ one, two, findings: await findings(copy) }).toEqual({
            one,
            two,
            findings: expect.arrayContaining([expect.any(String)]),
          });
        }
      }
    }
    expect(swaps).toBeGreaterThan(30);
  });

  it.each<[string, (copy: OpenStore, facts: { older: Buffer }) => unknown, string[]]>([
    [
      'an older manifest in the place of the newer one',
      (copy, { older }) => {
        const { ref } = JSON.parse(older.toString()) as { ref: string };
        copy.objects.set(copy.names(`${ref}/manifest.json`)[0]!, older);
      },
      ['manifest replaced'],
    ],
    [
      'an order that was deleted, and not erased',
      (copy) => {
        const [manifest = ''] = copy.names('manifest.json');
        for (const name of copy.names(path.dirname(manifest))) copy.objects.delete(name);
      },
      ['manifest missing'],
    ],
    [
      'an order that was deleted with its entry in the log',
      (copy) => {
        const [manifest = ''] = copy.names('manifest.json');
        for (const name of copy.names(path.basename(path.dirname(manifest)))) copy.objects.delete(name);
      },
      ['log changed'],
    ],
    [
      'that, with a root that was made to fit',
      (copy) => {
        const [entry = ''] = copy.names(`log/${FIRST_DAY}/`);
        for (const name of copy.names(entry.split('/')[2]!.slice(0, 64))) copy.objects.delete(name);
        forgeRoot(copy, FIRST_DAY);
      },
      ['root changed', 'timestamp changed'],
    ],
    [
      'an entry that was added to a sealed day',
      (copy) => {
        copy.objects.set(`log/${FIRST_DAY}/${'0'.repeat(64)}-0-${'0'.repeat(64)}`, Buffer.alloc(0));
      },
      ['log changed', 'manifest missing'],
    ],
    [
      'a decision that was taken back',
      (copy) => copy.objects.delete(copy.names('/history/')[0]!),
      ['decision 1 missing'],
    ],
    ['a root that was removed', (copy) => copy.objects.delete(`roots/${FIRST_DAY}.json`), ['root missing']],
    [
      'the last root that was removed with its timestamp',
      (copy) => {
        for (const name of copy.names('roots/2026-01-02')) copy.objects.delete(name);
      },
      ['timestamp missing'],
    ],
    ['a timestamp that was removed', (copy) => copy.objects.delete(`roots/${FIRST_DAY}.tsr`), ['timestamp missing']],
    [
      'timestamps of two days that were exchanged',
      (copy) => {
        const [one, two] = [`roots/${FIRST_DAY}.tsr`, 'roots/2026-01-02.tsr'];
        const token = copy.objects.get(one)!;
        copy.objects.set(one, copy.objects.get(two)!).set(two, token);
      },
      ['timestamp changed', 'timestamp not-logged', 'timestamp replaced'],
    ],
    [
      'a later timestamp in the place of the first',
      async (copy) => {
        const root = createHash('sha256')
          .update(copy.objects.get(`roots/${FIRST_DAY}.json`)!)
          .digest();
        copy.objects.set(`roots/${FIRST_DAY}.tsr`, await authority().stamp(root));
      },
      ['timestamp not-logged', 'timestamp replaced'],
    ],
    [
      'a timestamp of an authority of ones own',
      async (copy) => {
        const own = await TimestampServer.start();
        const root = createHash('sha256')
          .update(copy.objects.get(`roots/${FIRST_DAY}.json`)!)
          .digest();
        copy.objects.set(`roots/${FIRST_DAY}.tsr`, await new HttpTimestampAuthority({ url: own.url }).stamp(root));
        await own.stop();
      },
      ['timestamp changed', 'timestamp not-logged', 'timestamp replaced'],
    ],
  ])('names %s', async (_what, change, expected) => {
    const facts = await history();
    const copy = store.copy();
    await change(copy, facts);
    expect(await findings(copy)).toEqual(expect.arrayContaining(expected));
    for (const { findings: found } of await steps(open(copy).verifyAll())) {
      for (const { message, messageZh } of found) {
        expect(message).toMatch(/^[a-z].{60,}/i);
        expect(messageZh).toMatch(/[\u4e00-\u9fff]{4}/);
      }
    }
  });

  it('compares a root with a copy that was kept elsewhere', async () => {
    await history();
    const { root } = JSON.parse(store.objects.get(`roots/${FIRST_DAY}.json`)!.toString()) as { root: string };
    const ofDay = async (copy: string) =>
      (await steps(open().verifyDay(FIRST_DAY, { root: copy }))).flatMap((step) => step.findings);
    expect(await ofDay(root)).toEqual([]);
    expect(await ofDay(root.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))).toMatchObject([
      { object: 'root', code: 'replaced' },
    ]);
  });

  it('says how far a verification is', async () => {
    await history();
    const all = await steps(open().verifyAll());
    expect(all.map(({ done }) => done)).toEqual([...all.map(({ done }) => done)].sort((one, two) => one - two));
    // Three manifests, three decisions, two timestamps.
    expect(all.at(-1)).toMatchObject({ total: 8 });
    expect(all.filter(({ ref }) => /^[0-9a-f]{64}$/.test(ref))).toHaveLength(3);
  });

  /** Make a root that stands for what is left of the log of a day. */
  function forgeRoot(copy: OpenStore, day: string): void {
    const leaf = (text: string) => createHash('sha256').update(`\0${text}`).digest();
    const texts = copy.names(`log/${day}/`).map((name) => name.split('/')[2]!.replace(/-(\d+)-/, ' $1 '));
    const merkle = (hashes: Buffer[]): Buffer => {
      if (hashes.length === 1) return hashes[0]!;
      const split = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
      const both = [merkle(hashes.slice(0, split)), merkle(hashes.slice(split))];
      return createHash('sha256')
        .update(Buffer.concat([Buffer.of(1), ...both]))
        .digest();
    };
    const name = `roots/${day}.json`;
    const root = JSON.parse(copy.objects.get(name)!.toString()) as object;
    const forged = { ...root, count: texts.length, root: merkle(texts.map(leaf)).toString('hex') };
    copy.objects.set(name, Buffer.from(JSON.stringify(forged)));
  }
});
