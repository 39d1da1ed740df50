import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { readTextFile, readTextStream } from './input.js';

const LIMIT = 100;
/** Bytes, and what is wrong with them; undefined when nothing is. */
const CONTENTS: [what: string, bytes: Buffer, wrong: string | undefined][] = [
  ['nothing', Buffer.from(''), undefined],
  ['text', Buffer.from('A=1\n\tB=订单\r\n'), undefined],
  ['as much as may be', Buffer.alloc(LIMIT, 'a'), undefined],
  ['one byte more', Buffer.alloc(LIMIT + 1, 'a'), 'has more than 100 bytes'],
  ['invalid UTF-8', Buffer.from('413dff41', 'hex'), 'is not text in UTF-8'],
  ['a character that is cut off', Buffer.from('订').subarray(0, 2), 'is not text in UTF-8'],
  ['UTF-16', Buffer.from('A=1', 'utf16le'), 'is not text in UTF-8'],
  ['NUL', Buffer.from('A=1\0B=2'), 'is not text in UTF-8'],
  ['ESC', Buffer.from('A=\u001B[2J'), 'is not text in UTF-8'],
  ['a control character of Latin-1', Buffer.from('A=\u009B2J'), 'is not text in UTF-8'],
];

describe('a text from outside', () => {
  let folder: string;
  const inFolder = (name: string) => path.join(folder, name);
  const read = (file: string) => readTextFile('--env', file, LIMIT);

  beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'limited-input-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(CONTENTS)('%s, in a file and in a stream', async (_what, bytes, wrong) => {
    writeFileSync(inFolder('content'), bytes);
    // Byte by byte, so that no character arrives whole.
    const stream = Readable.from([...bytes].map((byte) => Buffer.of(byte)));
    const both = [() => readTextFile('it', inFolder('content'), LIMIT), () => readTextStream('it', stream, LIMIT)];
    for (const each of both) {
      if (wrong === undefined) await expect(each()).resolves.toBe(bytes.toString());
      else
        await expect(each()).rejects.toMatchObject({ why: { en: `it ${wrong}`, zh: expect.stringMatching(/^it /) } });
    }
  });

  it('loses the mark of byte order that editors write', async () => {
    writeFileSync(inFolder('marked'), '\uFEFFA=1');
    expect(await read(inFolder('marked'))).toBe('A=1');
  });

  it('may be reached by a link, as secrets are that an orchestrator mounts', async () => {
    writeFileSync(inFolder('secret'), 'A=1');
    symlinkSync(inFolder('secret'), inFolder('link'));
    expect(await read(inFolder('link'))).toBe('A=1');
  });

  it('of terabytes is refused without being read', async () => {
    writeFileSync(inFolder('sparse'), '');
    truncateSync(inFolder('sparse'), 2 ** 40);
    await expect(read(inFolder('sparse'))).rejects.toThrow('--env has more than 100 bytes');
  });

  it.each(['/dev/zero', '/dev/null', '/dev/tty', '/', '/proc/self/fd'])('%s is no file', async (name) => {
    await expect(read(name)).rejects.toThrow(/^--env (must name a regular file|cannot be read \(E\w+\))$/);
  });

  it('is not waited for at a FIFO, nor through a link to one', async () => {
    execFileSync('mkfifo', [inFolder('fifo')]);
    symlinkSync(inFolder('fifo'), inFolder('link to fifo'));
    for (const name of ['fifo', 'link to fifo']) {
      await expect(read(inFolder(name))).rejects.toThrow('--env must name a regular file');
    }
  });

  it.each([
    ['nowhere', 'ENOENT'],
    ['n'.repeat(300), 'ENAMETOOLONG'],
  ])('at %s cannot be read', async (name, code) => {
    await expect(read(inFolder(name))).rejects.toThrow(`--env cannot be read (${code})`);
  });

  it('that never ends is left after its limit, of bytes or of time', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(64, 'a');
      })(),
    );
    await expect(readTextStream('stdin', endless, LIMIT)).rejects.toThrow('stdin has more than 100 bytes');
    expect(endless.destroyed).toBe(true);
    const silent = new PassThrough();
    await expect(readTextStream('stdin', silent, LIMIT, 10)).rejects.toThrow('stdin has not ended within 0.01 s');
    expect(silent.destroyed).toBe(true);
  });

  it('that breaks says how', async () => {
    const broken = new PassThrough();
    broken.destroy(Object.assign(new Error('canary'), { code: 'EISDIR' }));
    await expect(readTextStream('stdin', broken, LIMIT)).rejects.toThrow('stdin cannot be read (EISDIR)');
  });
});
