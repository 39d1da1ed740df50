import { createInterface } from 'node:readline';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';

/** Something to do with the sandbox, as a line on stdin. */
type Command = { readonly method: 'report' | 'stop' | ChangingMethod; readonly args: readonly unknown[] };
type ChangingMethod =
  'addOrder' | 'configure' | 'injectFault' | 'clearFaults' | 'killCredentials' | 'foreignRefresh' | 'changeSecret';

/**
 * The sandbox in a process of its own. Prints `ready <json>`, and `done <json>` after each command. Options as JSON in
 * SANDBOX_OPTIONS.
 */
async function main(): Promise<void> {
  const sandbox = await KycSandbox.start(JSON.parse(process.env['SANDBOX_OPTIONS'] ?? '{}'));
  const { appId, secret, url } = sandbox;
  console.log(`ready ${JSON.stringify({ appId, secret, url })}`);
  createInterface({ input: process.stdin }).on('line', (line) => {
    const command = JSON.parse(line) as Command;
    if (command.method === 'stop') void sandbox.stop().then(() => process.exit(0));
    else console.log(`done ${JSON.stringify(carryOut(sandbox, command)) ?? ''}`);
  });
}

function carryOut(sandbox: KycSandbox, { method, args }: Command): unknown {
  if (method !== 'report')
    return (sandbox[method as ChangingMethod] as (...given: readonly unknown[]) => unknown)(...args);
  const { calls, rejected, connections } = sandbox;
  return { calls, rejected, connections, misuse: sandbox.violations() };
}

void main();
