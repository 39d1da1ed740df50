import { readCommandLine } from './arguments.js';

const NONCE = 'n'.repeat(32);
const SIGN = 'A'.repeat(40);
const read = (line: string) => readCommandLine(line.split(' ').filter((part) => part !== ''));

describe('the command line', () => {
  it.each([
    ['doctor', { kind: 'doctor', live: false, fetch: false, json: false, language: 'en' }],
    ['doctor --live --json --lang zh', { kind: 'doctor', live: true, json: true, language: 'zh' }],
    ['doctor --live --fetch --name loans', { kind: 'doctor', live: true, fetch: true, name: 'loans' }],
    ['doctor --env .env', { kind: 'doctor', envFile: '.env' }],
    ['doctor --env-file .env', { kind: 'doctor', envFile: '.env' }],
    ['--help', { kind: 'help' }],
    ['doctor -h --lang zh', { kind: 'help', language: 'zh' }],
    ['help', { kind: 'help' }],
    [
      `sign --explain --order-no o1 --nonce ${NONCE} --sign ${SIGN}`,
      { kind: 'explain', purpose: 'query', version: '1.0.0' },
    ],
    [`sign --explain --user-id u1 --nonce ${NONCE} --sign ${SIGN}`, { kind: 'explain', purpose: 'launch' }],
    [`sign --explain --order-no o1 --sign ${SIGN}`, { kind: 'explain', purpose: 'report' }],
    [
      `sign --explain --for query --user-id u1 --order-no o1 --nonce ${NONCE} --sign ${SIGN} --tickets-from-stdin`,
      { kind: 'explain', purpose: 'query', userId: 'u1', ticketsFromStdin: true },
    ],
  ])('understands %s', (line, command) => {
    expect(read(line)).toMatchObject(command);
  });

  it.each([
    ['', 'say which command'],
    ['heal', 'say which command'],
    ['doctor --lang fr', '--lang must be en or zh'],
    ['doctor --fetch', '--fetch goes with --live'],
    ['doctor --leave', 'there is no option --leave'],
    ['doctor --name', '--name has no value'],
    ['doctor --live=yes', '--live has no value, or one too many'],
    ['sign --order-no o1 --sign x', 'say sign --explain'],
    ['sign --explain --for ever --order-no o1 --sign x', '--for must be query, launch or report'],
    ['sign --explain --order-no o1', 'missing: --sign'],
    ['sign --explain --for query --sign x', 'missing: --order-no, --nonce'],
    ['sign --explain --user-id u1 --sign x', 'missing: --nonce'],
  ])('refuses "%s"', (line, wrong) => {
    expect(read(line)).toMatchObject({ kind: 'fault', wrong: { en: expect.stringContaining(wrong) } });
  });

  it.each(['--ticket', '--secret', '--token', '--store-key', '--nonce-ticket'])(
    'takes no secret by %s, and repeats no value',
    (option) => {
      for (const line of [`sign ${option} Canary123`, `sign ${option}=Canary123`, `doctor ${option} Canary123`]) {
        const command = read(line);
        expect(command).toMatchObject({ wrong: { en: expect.stringContaining('never go on the command line') } });
        expect(JSON.stringify(command)).not.toContain('Canary123');
      }
    },
  );

  it('repeats no argument that it does not understand', () => {
    const command = read('doctor Canary123');
    expect(command).toMatchObject({ kind: 'fault', wrong: { en: expect.stringContaining('is not understood') } });
    expect(JSON.stringify(command)).not.toContain('Canary123');
  });
});
