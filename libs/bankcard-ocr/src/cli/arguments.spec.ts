import { InputRefused, readOutputChoice } from './arguments.js';
import { readCommandLine } from './run-command-line.js';

const NONCE = 'n'.repeat(32);
const SIGN = 'A'.repeat(40);

function read(line: string) {
  return readCommandLine(line.split(' ').filter((part) => part !== ''));
}

/** What is wrong with a line, in both languages. */
function refusalOf(line: string) {
  try {
    read(line);
  } catch (error) {
    if (error instanceof InputRefused) return error.why;
    throw error;
  }
  throw new Error(`understood ${line}`);
}

describe('the command line', () => {
  it.each([
    ['doctor', { kind: 'doctor', live: false, fetch: false, json: false, language: 'en' }],
    ['doctor --live --json --lang zh', { kind: 'doctor', live: true, json: true, language: 'zh' }],
    ['doctor --live --fetch --name loans', { kind: 'doctor', live: true, fetch: true, name: 'loans' }],
    ['doctor --env .env', { kind: 'doctor', env: '.env' }],
    [
      `sign --explain --order-no o1 --nonce ${NONCE} --sign ${SIGN}`,
      { kind: 'explain', purpose: 'query', values: { version: '1.0.0' } },
    ],
    [`sign --explain --user-id u1 --nonce ${NONCE} --sign ${SIGN}`, { kind: 'explain', purpose: 'launch' }],
    [`sign --explain --order-no o1 --sign ${SIGN}`, { kind: 'explain', purpose: 'report' }],
    [
      `sign --explain --for query --user-id u1 --order-no o1 --nonce ${NONCE} --sign ${SIGN}`,
      { kind: 'explain', purpose: 'query', values: { 'user-id': 'u1' } },
    ],
    [
      'archive status --store file:a --keys file:b',
      { kind: 'archive', action: 'status', store: 'file:a', keys: 'file:b' },
    ],
    ['archive verify', { action: 'verify', orders: [] }],
    [`archive verify 2026-11-28 --root ${'a'.repeat(64)}`, { orders: ['2026-11-28'], root: 'a'.repeat(64) }],
    [
      'archive export o1 - --to bags --name loans',
      { action: 'export', orders: ['o1', '-'], to: 'bags', name: 'loans' },
    ],
    ['archive erase o1 --by who --reason why --yes', { action: 'erase', by: 'who', reason: 'why', yes: true }],
  ])('understands %s', (line, command) => {
    expect(read(line)).toMatchObject(command);
  });

  it.each(['--help', 'doctor -h --lang zh', 'help'])('understands %s', (line) => {
    expect(read(line)).toBe('help');
  });

  it.each([
    ['doctor --json --lang=zh --leave', { json: true, language: 'zh' }],
    ['heal --lang fr', { json: false, language: 'en' }],
  ])('knows the form of the output, whatever else is wrong with "%s"', (line, output) => {
    expect(readOutputChoice(line.split(' '))).toEqual(output);
  });

  it.each([
    ['', 'doctor, sign, archive or help'],
    ['heal', 'say which command'],
    ['doctor --lang fr', '--lang must be en or zh'],
    ['doctor --fetch', '--fetch goes with --live'],
    ['doctor --leave', '--leave is not understood'],
    ['doctor --name', '--name is not understood, or its value is missing'],
    ['doctor --live=yes', '--live is not understood'],
    ['archive', 'say archive and one of status, verify, export, erase'],
    ['archive delete', 'say archive and one of'],
    ['archive status o1', 'takes no order numbers'],
    ['archive export o1', 'missing: --to'],
    ['archive export --to bags', 'name the orders'],
    ['archive erase o1', 'missing: --by, --reason'],
    ['archive verify --yes', '--yes does not go with archive verify'],
    ['archive verify o1 --root x', '--root goes with a day'],
    ['archive verify 2026-11-28 2026-11-29', 'one day at a time'],
    ['sign --order-no o1 --sign x', 'say sign --explain'],
    ['sign --explain --for ever --order-no o1 --sign x', '--for must be query, launch or report'],
    ['sign --explain --order-no o1', 'missing: --sign'],
    ['sign --explain --for query --sign x', 'missing: --order-no, --nonce'],
    ['sign --explain --user-id u1 --sign x', 'missing: --nonce'],
  ])('refuses "%s"', (line, wrong) => {
    expect(refusalOf(line).en).toContain(wrong);
  });

  it.each(['--ticket', '--secret', '--token', '--store-key', '--nonce-ticket'])(
    'takes no secret by %s, and repeats no value',
    (option) => {
      for (const line of [`sign ${option} Canary123`, `sign ${option}=Canary123`, `doctor ${option} Canary123`]) {
        const why = refusalOf(line);
        expect(why.en).toContain('never go on the command line');
        expect(JSON.stringify(why)).not.toContain('Canary123');
      }
    },
  );

  it('repeats no argument that it does not understand', () => {
    for (const argument of ['Canary123', `--Canary123${'x'.repeat(90_000)}`]) {
      const why = refusalOf(`doctor ${argument}`);
      expect(why.en).toContain('an argument is not understood');
      expect(JSON.stringify(why)).not.toContain('Canary123');
    }
  });
});
