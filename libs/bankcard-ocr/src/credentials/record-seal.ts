import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { type Random, SYSTEM_RANDOM } from '../runtime/random.js';
import type { RetiredTicket, GenerationRecord, PendingToken, TicketRecord } from './ticket-record.js';

const CIPHER = 'aes-256-gcm';
/** What a sealed text begins with; no token and no ticket of the vendor has a colon. */
const PREFIX = `${CIPHER}:`;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts what is secret in a record, with AES-256-GCM: tokens and tickets, each bound to its app id and its
 * generation. Numbers, ids and moments stay readable, so that a store can be looked at without the key.
 *
 * A sealed text is `aes-256-gcm:` and the Base64 of 12 bytes of IV, the encrypted text and 16 bytes of tag.
 */
export class RecordSeal {
  readonly #key: KeyObject;

  /** @param key of 32 bytes */
  constructor(
    key: KeyObject,
    private readonly appId: string,
    private readonly random: Random = SYSTEM_RANDOM,
  ) {
    this.#key = key;
  }

  seal(record: TicketRecord): TicketRecord {
    return mapSecrets(record, (text, place) => this.#encrypt(text, place));
  }

  /**
   * Decrypt a record. Credentials that another key has sealed, that somebody has changed, or that nobody has sealed, are
   * left out; what the record says besides stays.
   */
  open(record: TicketRecord): TicketRecord {
    return mapSecrets(record, (text, place) => this.#decrypt(text, place));
  }

  #encrypt(text: string, place: string): string {
    const iv = this.random.bytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv, { authTagLength: TAG_BYTES }).setAAD(this.#aad(place));
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return PREFIX + Buffer.concat([iv, encrypted, cipher.getAuthTag()]).toString('base64');
  }

  #decrypt(text: string, place: string): string | undefined {
    if (!text.startsWith(PREFIX)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), 'base64');
    if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
    const iv = bytes.subarray(0, IV_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key, iv, { authTagLength: TAG_BYTES }).setAAD(this.#aad(place));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }

  /** A sealed text that is copied to another app id or another generation does not open there. */
  #aad(place: string): Buffer {
    return Buffer.from(JSON.stringify([this.appId, place]));
  }
}

/** Leave out what was sealed, for a process that has no key. */
export function withoutSealed(record: TicketRecord): TicketRecord {
  return mapSecrets(record, (text) => (text.startsWith(PREFIX) ? undefined : text));
}

type Change = (text: string, place: string) => string | undefined;

/** Change every secret of a record; what has one that comes out as undefined is left out. */
function mapSecrets(record: TicketRecord, change: Change): TicketRecord {
  const { current, pending, earlier, ...rest } = record;
  return {
    ...rest,
    current: current && mapGeneration(current, change),
    pending: pending && mapToken(pending, change),
    earlier: earlier?.flatMap((ticket) => mapTicket(ticket, change) ?? []),
  };
}

function mapToken<T extends PendingToken>(token: T, change: Change): T | undefined {
  const accessToken = change(token.accessToken, `${token.id} accessToken`);
  return accessToken === undefined ? undefined : { ...token, accessToken };
}

function mapTicket<T extends RetiredTicket | GenerationRecord>(ticket: T, change: Change): T | undefined {
  const signTicket = change(ticket.signTicket, `${ticket.id} signTicket`);
  return signTicket === undefined ? undefined : { ...ticket, signTicket };
}

function mapGeneration(generation: GenerationRecord, change: Change): GenerationRecord | undefined {
  const withToken = mapToken(generation, change);
  return withToken && mapTicket(withToken, change);
}
