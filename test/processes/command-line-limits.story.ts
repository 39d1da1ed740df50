import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
  writeFileSync(inFolder('right.env'), `BANKCARD_OCR_EXPLAIN_TICKET='${TICKET}'\n`);
  writeFileSync(inFolder('binary.env'), Buffer.from('43414e4152593dff00fe1b5b324a', 'hex'));
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

describe('--tickets-from-stdin', () => {
  it('takes tickets, with whatever line ends, and a mark of byte order before them', async () => {
    const stdin = `\uFEFFother\r\nNONCE another\r${TICKET}\r\n`;
    expect(await runCommandLine(WITH_STDIN, { stdin })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each<[what: string, setting: CommandLineSetting]>([
    ['a folder', { stdinFrom: '/' }],
    ['nothing', { stdinFrom: '/dev/null' }],
  ])('%s is refused', async (_what, setting) => {
    expect(await refusal(WITH_STDIN, setting)).toMatch(/no ticket to compare with/);
  });

  it('bytes that are no text are tickets that do not fit, and are not repeated', async () => {
    const run = await runCommandLine(WITH_STDIN, { stdinFrom: inFolder('binary.env') });
    expect([run.exitCode, run.stdout]).toEqual([1, expect.stringContaining('unknown')]);
    expect(run.shown).not.toMatch(/canary/i);
  });

  it('without a ticket is refused as JSON where that was asked for, and in Chinese', async () => {
    const run = await runCommandLine([...WITH_STDIN, '--json', '--lang', 'zh'], { stdinFrom: '/dev/null' });
    expect(JSON.parse(run.stdout)).toEqual({
      ok: false,
      exitCode: 2,
      wrong: expect.stringContaining('没有可供比较的 ticket'),
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
    ['folder', 'EISDIR'],
    ['nowhere.env', 'ENOENT'],
  ])('%s is refused: %s', async (name, code) => {
    for (const args of [withEnv(inFolder(name)), ['doctor', '--env', inFolder(name)]]) {
      expect(await refusal(args)).toBe(`nestjs-bankcard-ocr: --env cannot be read (${code})\n`);
    }
  });

  it('that is no text sets nothing, and nothing of it is repeated', async () => {
    expect(await refusal(withEnv(inFolder('binary.env')))).toMatch(/no ticket to compare with/);
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
    expect((await refusal(args)).length).toBeLessThan(250);
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
