import type { VendorCounts } from './vendor-counts.js';

/** Where the bench's vendor listens. */
export interface VendorAddress {
  readonly http: string;
  readonly https: string;
  /** The certificate of `https`, in PEM. */
  readonly ca: string;
}

const VARIABLE = 'BENCH_VENDOR';

/** The environment of a process that is to know the vendor. */
export function asEnvironment(address: VendorAddress): Record<string, string> {
  return { [VARIABLE]: JSON.stringify(address) };
}

/** The vendor that the process which started this one has named. */
export function vendorAddress(): VendorAddress {
  return JSON.parse(process.env[VARIABLE] ?? '{}') as VendorAddress;
}

/** Ask the vendor what it has seen so far; the question itself takes a connection of its own. */
export async function readCounts(address: VendorAddress = vendorAddress()): Promise<VendorCounts> {
  const answer = await fetch(`${address.http}/counts`, { headers: { connection: 'close' } });
  return (await answer.json()) as VendorCounts;
}
