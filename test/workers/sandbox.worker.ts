import { createInterface } from 'node:readline';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';

/**
 * The sandbox in a process of its own. Prints `ready <json>`; answers `report` with `report <json>`, ends with `stop`.
 * Options as JSON in SANDBOX_OPTIONS.
 */
async function main(): Promise<void> {
  const sandbox = await KycSandbox.start(JSON.parse(process.env['SANDBOX_OPTIONS'] ?? '{}'));
  const { appId, secret, url } = sandbox;
  console.log(`ready ${JSON.stringify({ appId, secret, url })}`);
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'stop') void sandbox.stop().then(() => process.exit(0));
    const { calls, rejected, connections } = sandbox;
    const report = { calls, rejected, connections, misuse: sandbox.misuse(), recoveries: sandbox.recoveries() };
    if (line === 'report') console.log(`report ${JSON.stringify(report)}`);
  });
}

void main();
