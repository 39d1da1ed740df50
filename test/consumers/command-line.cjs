'use strict';
const assert = require('node:assert/strict');
const path = require('node:path');
const { run } = require('./process.cjs');

/** The installed command examines an account whose credentials are in a file, and tries them. */
async function tryCommandLine(folder, account) {
  const variables = { ...account, TICKET_STORE: `file:${path.join(folder, 'tickets')}` };
  const named = Object.entries(variables).map(([name, value]) => [`BANKCARD_OCR_${name}`, value]);
  const env = { ...process.env, ...Object.fromEntries(named) };
  // What npx would start.
  const command = path.join(folder, 'node_modules/.bin/nestjs-bankcard-ocr');
  const { checks } = JSON.parse(await run(command, ['doctor', '--live', '--json'], { cwd: folder, env }));
  const others = checks.map(({ check, status }) => `${check} ${status}`).filter((line) => !line.endsWith(' ok'));
  // Nothing was stored before, in which anybody could have left traces.
  assert.deepEqual(others, ['refreshers skipped']);
  assert.equal(checks.at(-1).check, 'live');
  const values = ['--order-no', 'order1', '--nonce', 'n'.repeat(32), '--sign', 'A'.repeat(40)];
  // A signature that was made up does not fit, which is told by the exit code.
  await assert.rejects(run(command, ['sign', '--explain', ...values], { cwd: folder, env }), /: 1\n[^]*unknown/);
}

module.exports = { tryCommandLine };
