import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SecretText } from '../secret-text.js';

/** Which of the library's own stores keeps the credentials. */
export type TicketStoreLocation =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly directory: string }
  /** The URL carries a password as a rule. */
  | { readonly kind: 'redis'; readonly url: SecretText };

const KINDS =
  "'memory:' keeps credentials in this process only; 'file:/directory' shares them between all processes of one " +
  "machine and survives restarts; 'redis://host:6379/0' or 'rediss://…' shares them between any number of machines";

/**
 * Read the text of the option `ticketStore`.
 *
 * @returns the location, or a sentence that says what is wrong and how to mend it
 */
export function readTicketStoreLocation(text: string): TicketStoreLocation | string {
  const value = text.trim();
  if (value === 'memory:' || value === 'memory') return { kind: 'memory' };
  if (value.startsWith('file:')) return readFileLocation(value);
  if (/^rediss?:/i.test(value)) return readRedisLocation(value);
  // The text is not repeated: a Redis URL carries a password.
  return `names no kind of store that there is: ${KINDS}`;
}

/** What to write when `ticketStore` is missing though the host is a real one. */
export const NAME_A_TICKET_STORE =
  'must be named for a host that is not this machine, because a second process with credentials of its own kills the ' +
  "first one's a minute after its refresh. Say 'file:/var/lib/my-app/tickets' when all processes run on one machine " +
  "(they share one refresh, and a restart costs none); 'redis://host:6379/0' for several machines; " +
  "'memory:' only if exactly one process will ever use this app id";

function readFileLocation(value: string): TicketStoreLocation | string {
  const path = value.slice('file:'.length);
  if (path === '' || path === '//' || path === '///') return 'names no directory: write file:/var/lib/my-app/tickets';
  if (!path.startsWith('//')) return { kind: 'file', directory: resolve(path) };
  try {
    return { kind: 'file', directory: fileURLToPath(value) };
  } catch {
    return 'is not a file URL of this machine: write file:/var/lib/my-app/tickets';
  }
}

function readRedisLocation(value: string): TicketStoreLocation | string {
  const right =
    'write redis://user:password@host:6379/0, or rediss:// for TLS, and encode special characters of the password';
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || url.hostname === '') return `is not a Redis URL: ${right}`;
  if (!/^\/?\d*$/.test(url.pathname)) return `names a database that is no number: ${right}`;
  // Options of a client in the query string could switch off what keeps the fleet safe.
  if (url.search !== '' || url.hash !== '')
    return `has a query or a fragment: ${right}; for more hand in a RedisTicketStore`;
  return { kind: 'redis', url: new SecretText(value) };
}
