import type { Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';

/** Where a response came from: for a chain of custody. Nothing in it is secret, or about a person. */
export interface Provenance {
  /** When the request was sent that brought the response, and when its head came, by the clock of this machine. */
  readonly sentAt: Date;
  readonly receivedAt: Date;
  /** SHA-256 of the certificate (DER) that the server has shown, 64 hexadecimal digits; undefined without TLS. */
  readonly peerCertificateSha256?: string;
  /** By how many milliseconds this clock was ahead of Tencent's, by the header `Date`; uncertain by about half a second. */
  readonly clockOffsetMs?: number;
  /** `transactionTime`: when Tencent responded, by its own clock. */
  readonly transactionTime?: Date;
}

const HASHES = new WeakMap<Socket, string>();

/**
 * SHA-256 of the certificate that the other side has shown; found out once for each connection.
 * @param resumed that of the connection whose session this one may have resumed: then no certificate is shown again
 */
export function peerCertificateSha256(connection: Socket | undefined, resumed?: string): string | undefined {
  if (!(connection instanceof TLSSocket)) return undefined;
  const known = HASHES.get(connection);
  if (known !== undefined) return known;
  // Not getPeerX509Certificate(): in Node.js 20 the connection shows the certificate only once that way.
  const { fingerprint256 } = connection.getPeerCertificate() as Partial<PeerCertificate>;
  const shown = fingerprint256?.replaceAll(':', '').toLowerCase();
  const hash = shown ?? (connection.isSessionReused() ? resumed : undefined);
  if (hash === undefined) return undefined;
  HASHES.set(connection, hash);
  return hash;
}

/** `Date` has whole seconds: on average it is half of one late. */
const HALF_A_SECOND_MS = 500;

/**
 * By how many milliseconds the clock of this machine is ahead of the one that wrote a header `Date`, uncertain by half a
 * second and half the round trip; undefined without a date.
 */
export function clockOffsetMs(sentAtMs: number, receivedAtMs: number, date?: string): number | undefined {
  const vendorMs = Date.parse(date ?? '');
  if (Number.isNaN(vendorMs)) return undefined;
  return (sentAtMs + receivedAtMs) / 2 - (vendorMs + HALF_A_SECOND_MS);
}
