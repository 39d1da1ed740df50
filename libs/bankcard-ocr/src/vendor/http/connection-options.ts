import type { Clock } from '../../runtime/clock.js';
import type { SecretText } from '../../runtime/secret-text.js';
import type { Lookup } from './tcp-connection.js';

/** How connections to one origin are made, whatever transport makes them. */
export interface ConnectionOptions {
  /** e.g. `https://idasc.webank.com` */
  readonly origin: string;
  /** The origin is this machine: no proxy of the environment stands in between. */
  readonly loopback: boolean;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** Connections are kept no longer than this; by default as long as there is traffic. */
  readonly maxConnectionAgeMs?: number;
  /** What their age is measured with; that of the machine by default. */
  readonly clock?: Clock;
  /** Finds the addresses of hosts and proxies; `dns.lookup` by default. */
  readonly lookup?: Lookup;
  /** The URL of a proxy, or `none`; undefined leaves it to the environment. */
  readonly proxy?: SecretText;
  /** PEM, instead of the certificates that Node trusts. */
  readonly ca?: string | Buffer | (string | Buffer)[];
}

/** An idle connection is dropped before servers and load balancers commonly forget it. */
export const IDLE_CONNECTION_MS = 30_000;
