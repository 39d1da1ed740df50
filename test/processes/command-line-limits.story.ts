import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { SignatureService } from 'nestjs-bankcard-ocr';
import { type CommandLineSetting, runCommandLine } from '../support/command-line.js';

const NONCE = 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T';
const TICKET = 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS';
const SIGN = new SignatureService().sign(['IDAXXXXX', 'order1', '1.0.0', NONCE], TICKET);
const EXPLAIN = ['sign', '--explain', '--order-no', 'order1', '--nonce', NONCE, '--sign', SIGN];
const WITH_STDIN = [...EXPLAIN, '--app-id', 'IDAXXXXX', '--tickets-from-stdin'];

let folder: string;
const inFolder = (name: string) => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'command-line-'));
  mkdirSync(inFolder('folder'));
  execFileSync('mkfifo', [inFolder('fifo')]);
  writeFileSync(inFolder('right.env'), `BANKCARD_OCR_EXPLAIN_TICKET='${TICKET}'\n`);
  writeFileSync(inFolder('binary.env'), Buffer.from('43414e4152593dff00fe1b5b324a', 'hex'));
  writeFileSync(inFolder('nul.env'), 'CANARY=canary\0canary\n');
  writeFileSync(inFolder('large.env'), 'CANARY=canary\n'.repeat(50_000));
  writeFileSync(inFolder('sparse.env'), '');
  truncateSync(inFolder('sparse.env'), 2 ** 36);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Run it, and expect that it has understood that it must not go on. */
async function refusal(args: readonly string[], setting?: CommandLineSetting): Promise<string> {
  const run = await runCommandLine(args, setting);
  expect([run.exitCode, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toMatch(/^nestjs-bankcard-ocr: .*\n$/);
  expect(run.stderr).not.toMatch(/canary/i);
  return run.stderr;
}

/** A stream of the same bytes, again and again. */
function endless(bytes: string): Readable {
  return Readable.from(
    (function* () {
      for (;;) yield Buffer.from(bytes.repeat(1_000));
    })(),
  );
}

describe('--tickets-from-stdin', () => {
  it('takes tickets, with whatever line ends, and a mark of byte order before them', async () => {
    const stdin = `\uFEFFother\r\nNONCE another\r${TICKET}\r\n`;
    expect(await runCommandLine(WITH_STDIN, { stdin })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each<[what: string, setting: CommandLineSetting, wrong: RegExp]>([
    ['that never ends', { stdin: endless('canary\n') }, /stdin has more than 65536 bytes/],
    ['that is one endless line', { stdin: endless('canary') }, /stdin has more than 65536 bytes/],
    ['/dev/zero', { stdinFrom: '/dev/zero' }, /stdin has more than 65536 bytes/],
    ['/dev/urandom', { stdinFrom: '/dev/urandom' }, /stdin has more than 65536 bytes/],
    ['a folder', { stdinFrom: '/' }, /no ticket to compare with/],
    ['too many tickets', { stdin: 'canary\n'.repeat(101) }, /stdin has more than 100 tickets/],
    ['bytes that are no text', { stdinFrom: process.execPath }, /stdin has more than 65536 bytes/],
    ['NUL', { stdin: 'canary\0canary' }, /stdin is not text in UTF-8/],
    ['nothing', { stdinFrom: '/dev/null' }, /no ticket to compare with/],
  ])('%s is refused', async (_what, setting, wrong) => {
    expect(await refusal(WITH_STDIN, setting)).toMatch(wrong);
  });

  it('that is refused is told as JSON where that was asked for, and in Chinese', async () => {
    const run = await runCommandLine([...WITH_STDIN, '--json', '--lang', 'zh'], { stdinFrom: '/dev/zero' });
    expect(JSON.parse(run.stdout)).toEqual({
      ok: false,
      exitCode: 2,
      wrong: '--tickets-from-stdin 超过 65536 字节',
    });
  });
});

describe('--env', () => {
  const withEnv = (name: string) => ['sign', ...EXPLAIN.slice(1), '--app-id', 'IDAXXXXX', '--env', name];

  it('takes the variables of a file, but those that are set', async () => {
    const file = inFolder('right.env');
    expect(await runCommandLine(withEnv(file))).toMatchObject({ exitCode: 0, stderr: '' });
    const env = { BANKCARD_OCR_EXPLAIN_TICKET: 'other' };
    expect(await runCommandLine(withEnv(file), { env })).toMatchObject({ exitCode: 1, stderr: '' });
  });

  it.each([
    ['fifo', 'must name a regular file'],
    ['folder', 'must name a regular file'],
    ['/dev/zero', 'must name a regular file'],
    ['/dev/urandom', 'must name a regular file'],
    // A socket here, which cannot be opened.
    ['/dev/stdin', 'cannot be read (ENXIO)'],
    ['large.env', 'has more than 262144 bytes'],
    ['sparse.env', 'has more than 262144 bytes'],
    ['binary.env', 'is not text in UTF-8'],
    ['nul.env', 'is not text in UTF-8'],
    ['nowhere.env', 'cannot be read (ENOENT)'],
  ])('%s is refused: it %s', async (name, wrong) => {
    for (const args of [withEnv(path.resolve(folder, name)), ['doctor', '--env', path.resolve(folder, name)]]) {
      expect(await refusal(args)).toBe(`nestjs-bankcard-ocr: --env ${wrong}\n`);
    }
  });
});

describe('arguments', () => {
  const long = 'canary'.repeat(15_000);

  it.each([
    ['an option', ['doctor', `--${long}`]],
    ['short options', ['doctor', `-${long}`]],
    ['a command', [long]],
    ['a file', ['doctor', '--env', long]],
    ['a name', ['doctor', '--name', long]],
  ])('%s of 90 kB is refused, and not repeated', async (_what, args) => {
    expect((await refusal(args)).length).toBeLessThan(200);
  });

  it('that are refused are told in the form that was asked for', async () => {
    const run = await runCommandLine(['doctor', '--json', '--lang=zh', long]);
    expect([run.exitCode, JSON.parse(run.stdout)]).toEqual([
      2,
      expect.objectContaining({ wrong: expect.stringMatching(/\p{Script=Han}/u) }),
    ]);
  });

  it('as long as they may be are compared with as many tickets as there may be', async () => {
    const values = ['--order-no', long, '--nonce', long, '--sign', 'A'.repeat(40)];
    const stdin = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(650, 't')).join('\n');
    const run = await runCommandLine(['sign', '--explain', '--app-id', 'I', ...values, '--tickets-from-stdin'], {
      stdin,
    });
    expect([run.exitCode, run.stdout]).toEqual([1, expect.stringContaining('unknown')]);
  });
});

describe('what it prints', () => {
  it('is lost without a word when its reader has left, and the exit code still tells', async () => {
    for (const [args, exitCode] of [
      [['--help'], 0],
      [['doctor', '--json'], 1],
    ] as const) {
      expect(await runCommandLine(args, { stdoutTo: 'closed' })).toMatchObject({ exitCode, stderr: '' });
    }
  });

  it('makes it fail when there is no room for it', async () => {
    expect(await runCommandLine(['--help'], { stdoutTo: '/dev/full' })).toMatchObject({ exitCode: 1, stderr: '' });
  });
});
