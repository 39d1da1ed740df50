import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { type Random, SYSTEM_RANDOM } from '../runtime/random.js';
import { CHECKS, type Kind, RECORD, type Schema, type TicketRecord } from './ticket-record.js';

/** A record of another version of this library: it is left alone, and nothing is refreshed beside it. */
export class RecordOfAnotherVersion extends Error {
  override name = 'RecordOfAnotherVersion';
  readonly code = 'RECORD_OF_ANOTHER_VERSION';
}

/** Undefined for anything that is no record; unknown members are kept. @throws {@link RecordOfAnotherVersion} */
export function parseTicketRecord(json: string | Uint8Array): TicketRecord | undefined {
  let value: unknown;
  try {
    // Bytes that are no UTF-8 are not taken for characters that nobody has written.
    value = JSON.parse(typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return undefined;
  }
  const format: unknown = (value as { format?: unknown } | null)?.format;
  if (Number.isSafeInteger(format) && format !== 1) {
    throw new RecordOfAnotherVersion(`a record of format ${String(format)}`);
  }
  return matches(RECORD, value) ? (value as TicketRecord) : undefined;
}

/** Translate every timestamp of a record to a clock that is ahead by so many milliseconds. */
export function shiftTimestamps(record: TicketRecord, byMs: number): TicketRecord {
  // A clock may stand before 1970; a record may not.
  return mapRecord(record, 'timestamp', (timestamp: number) => Math.max(0, timestamp + byMs));
}

const CIPHER = 'aes-256-gcm';
/** No token and no ticket of the vendor has a colon. */
const PREFIX = `${CIPHER}:`;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts tokens and tickets only: `aes-256-gcm:` and the Base64 of IV, text and tag. */
export class RecordSeal {
  /** @param key of 32 bytes; a `KeyObject` never prints them */
  constructor(
    private readonly key: KeyObject,
    private readonly appId: string,
    private readonly random: Random = SYSTEM_RANDOM,
  ) {}

  seal(record: TicketRecord): TicketRecord {
    return mapRecord(record, 'secret', (text: string, place) => this.#encrypt(text, place));
  }

  /** Credentials that this key has not sealed, or that were changed since, are left out. */
  open(record: TicketRecord): TicketRecord {
    return mapRecord(record, 'secret', (text: string, place) => this.#decrypt(text, place));
  }

  #encrypt(text: string, place: string): string {
    const iv = this.random.bytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, iv, { authTagLength: TAG_BYTES }).setAAD(this.#aad(place));
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return PREFIX + Buffer.concat([iv, encrypted, cipher.getAuthTag()]).toString('base64');
  }

  #decrypt(text: string, place: string): string | undefined {
    if (!text.startsWith(PREFIX)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), 'base64');
    if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
    const iv = bytes.subarray(0, IV_BYTES);
    const decipher = createDecipheriv(CIPHER, this.key, iv, { authTagLength: TAG_BYTES }).setAAD(this.#aad(place));
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

/** For a process that has no key. */
export function withoutSealed(record: TicketRecord): TicketRecord {
  return mapRecord(record, 'secret', (text: string) => (text.startsWith(PREFIX) ? undefined : text));
}

function matches(schema: Schema, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(schema).every(([key, type]) => {
    const given = (value as Record<string, unknown>)[key.replace('?', '')];
    if (given === undefined) return key.endsWith('?');
    if (typeof type === 'string') return CHECKS[type](given);
    return isList(type) ? Array.isArray(given) && given.every((one) => matches(type[0], one)) : matches(type, given);
  });
}

function isList(type: Schema | readonly [Schema]): type is readonly [Schema] {
  return Array.isArray(type);
}

/** Leaves out an object a member of which comes out undefined. `place`: the object's id and the member's name. */
function mapRecord<T>(record: TicketRecord, kind: Kind, change: (value: T, place: string) => T | undefined) {
  const mapMembers = (schema: Schema, value: object): object | undefined => {
    const mapped = { ...value } as Record<string, unknown>;
    for (const [key, type] of Object.entries(schema)) {
      const name = key.replace('?', '');
      const member = mapped[name];
      if (member === undefined || (typeof type === 'string' && type !== kind)) continue;
      if (typeof type === 'string') {
        mapped[name] = change(member as T, `${String(mapped['id'])} ${name}`);
        if (mapped[name] === undefined) return undefined;
      } else if (isList(type)) mapped[name] = (member as object[]).flatMap((item) => mapMembers(type[0], item) ?? []);
      else mapped[name] = mapMembers(type, member as object);
    }
    return mapped;
  };
  return mapMembers(RECORD, record) as TicketRecord;
}
