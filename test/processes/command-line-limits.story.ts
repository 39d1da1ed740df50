import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignatureService } from 'nestjs-bankcard-ocr';
import { type CommandLineSetting, runCommandLine } from '../support/command-line.js';

const NONCE = 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T';
const TICKET = 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS';
const SIGN = new SignatureService().sign(['IDAXXXXX', 'order1', '1.0.0', NONCE], TICKET);
const EXPLAIN = ['sign', '--explain', '--order-no', 'order1', '--nonce', NONCE, '--sign', SIGN];

let folder: string;
const inFolder = (name: string) => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'command-line-'));
  mkdirSync(inFolder('folder'));
  execFileSync('mkfifo', [inFolder('fifo')]);
  writeFileSync(inFolder('right.env'), `BANKCARD_OCR_EXPLAIN_TICKET='${TICKET}'\n`);
  writeFileSync(inFolder('binary.env'), Buffer.from('43414e4152593dff00fe1b5b324a', 'hex'));
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

describe('--env', () => {
  const withEnv = (name: string) => ['sign', ...EXPLAIN.slice(1), '--app-id', 'IDAXXXXX', '--env', name];

  it('takes the variables of a file, but those that are set', async () => {
    const file = inFolder('right.env');
    expect(await runCommandLine(withEnv(file))).toMatchObject({ exitCode: 0, stderr: '' });
    const env = { BANKCARD_OCR_EXPLAIN_TICKET: 'other' };
    expect(await runCommandLine(withEnv(file), { env })).toMatchObject({ exitCode: 1, stderr: '' });
  });

  it.each([
    ['fifo', 'must name a regular file of at most 256 kB'],
    ['folder', 'must name a regular file of at most 256 kB'],
    ['/dev/zero', 'must name a regular file of at most 256 kB'],
    ['/dev/urandom', 'must name a regular file of at most 256 kB'],
    // A socket here.
    ['/dev/stdin', 'must name a regular file of at most 256 kB'],
    ['large.env', 'must name a regular file of at most 256 kB'],
    ['sparse.env', 'must name a regular file of at most 256 kB'],
    ['binary.env', 'cannot be read (ERR_ENCODING_INVALID_ENCODED_DATA)'],
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

  it('as long as they may be are compared with a ticket', async () => {
    const values = ['--order-no', long, '--nonce', long, '--sign', 'A'.repeat(40)];
    const env = { BANKCARD_OCR_EXPLAIN_TICKET: TICKET };
    const run = await runCommandLine(['sign', '--explain', '--app-id', 'I', ...values], { env });
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
