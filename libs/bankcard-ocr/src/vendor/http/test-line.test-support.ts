import type { SecureContextOptions } from 'node:tls';
import type { ConnectionOptions } from './connector.js';
import { optionsFor, TestVendor, type TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';
import type { Transport } from './transport.js';

/** A transport and the server at its other end. */
export interface TestLine {
  readonly vendor: TestVendor;
  readonly transport: Transport;
}

/** Have a new line for each test of a block; it holds that of the test that runs. */
export function lineForEachTest(
  kind: (typeof TRANSPORT_KINDS)[number],
  tls?: SecureContextOptions,
  change: Partial<ConnectionOptions> = {},
): TestLine {
  const line = {} as { -readonly [Member in keyof TestLine]: TestLine[Member] };
  beforeEach(async () => {
    line.vendor = await TestVendor.start(tls);
    line.transport = TRANSPORTS[kind](optionsFor(line.vendor.origin, change));
  });
  afterEach(async () => {
    await line.transport.close();
    await line.vendor.stop();
  });
  return line;
}
