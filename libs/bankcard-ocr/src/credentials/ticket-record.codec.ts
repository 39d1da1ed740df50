import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { type Random, SYSTEM_RANDOM } from '../runtime/random.js';
import { HIGHEST_NUMBER, type TicketRecord } from './ticket-record.js';

/** What a member of a record is: which values it may have, whether it moves with the clock, whether it is encrypted. */
type Kind = keyof typeof CHECKS;
/** The members of an object; those whose name ends with `?` may be missing. */
interface Schema {
  readonly [member: string]: Kind | Schema | readonly [Schema];
}

const CHECKS = {
  format: (value: unknown) => value === 1,
  revision: (value: unknown) => isCount(value) && value > 0,
  count: isCount,
  text: isText,
  secret: isText,
  fingerprint: (value: unknown) => typeof value === 'string',
  timestamp: isMilliseconds,
  duration: isMilliseconds,
  flag: (value: unknown) => typeof value === 'boolean',
} as const;

const TOKEN = {
  number: 'count',
  id: 'text',
  'refreshId?': 'text',
  accessToken: 'secret',
  tokenRequestedAtMs: 'timestamp',
  tokenLifeMs: 'duration',
} as const;

/** The one description of the JSON in the stores: it drives reading, translation to another clock, and encryption. */
const RECORD = {
  format: 'format',
  revision: 'revision',
  writeId: 'text',
  secretFingerprint: 'fingerprint',
  'current?': {
    ...TOKEN,
    signTicket: 'secret',
    ticketRequestedAtMs: 'timestamp',
    ticketLifeMs: 'duration',
    'contested?': 'flag',
  },
  'pending?': TOKEN,
  'unanswered?': { sinceMs: 'timestamp', by: 'text' },
  'failed?': { attempts: 'duration', retryAtMs: 'timestamp', 'pauseMs?': 'duration', 'by?': 'text' },
  'forcedAtMs?': 'timestamp',
  'writtenBackAtMs?': 'timestamp',
  'rejectedId?': 'text',
  'earlier?': [{ number: 'count', id: 'text', signTicket: 'secret', replacedAtMs: 'timestamp', endsAtMs: 'timestamp' }],
} as const satisfies Schema;

/** A record of another version of this library: it is left alone, and nothing is refreshed beside it. */
export class RecordOfAnotherVersion extends Error {
  override name = 'RecordOfAnotherVersion';
  readonly code = 'RECORD_OF_ANOTHER_VERSION';
}

/**
 * Read a record back from its JSON, a text or the bytes of one. Members that are not known are kept: a newer version may
 * have written them.
 *
 * @returns undefined for anything that is not exactly one
 * @throws {@link RecordOfAnotherVersion}
 */
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

/**
 * Translate every timestamp of a record from one clock to another.
 *
 * @param byMs milliseconds by which the other clock is ahead
 */
export function shiftTimestamps(record: TicketRecord, byMs: number): TicketRecord {
  // A clock may stand before 1970; a record may not.
  return mapRecord(record, 'timestamp', (timestamp: number) => Math.max(0, timestamp + byMs));
}

const CIPHER = 'aes-256-gcm';
/** What a sealed text begins with; no token and no ticket of the vendor has a colon. */
const PREFIX = `${CIPHER}:`;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts the tokens and tickets of a record with AES-256-GCM, each bound to its app id and its generation. Numbers, ids
 * and timestamps stay readable, so that a store can be inspected without the key.
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
    return mapRecord(record, 'secret', (text: string, place) => this.#encrypt(text, place));
  }

  /** Decrypt a record. Credentials that this key has not sealed, or that were changed since, are left out. */
  open(record: TicketRecord): TicketRecord {
    return mapRecord(record, 'secret', (text: string, place) => this.#decrypt(text, place));
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
  return mapRecord(record, 'secret', (text: string) => (text.startsWith(PREFIX) ? undefined : text));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isMilliseconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < HIGHEST_NUMBER;
}

function membersOf(schema: Schema): readonly (readonly [string, boolean, Schema[string]])[] {
  return Object.entries(schema).map(([name, type]) => [name.replace('?', ''), name.endsWith('?'), type] as const);
}

function matches(type: Schema[string], value: unknown): boolean {
  if (typeof type === 'string') return CHECKS[type](value);
  if (isList(type)) return Array.isArray(value) && value.every((item) => matches(type[0], item));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return membersOf(type).every(([name, isOptional, member]) => {
    const given = (value as Record<string, unknown>)[name];
    return (isOptional && given === undefined) || matches(member, given);
  });
}

/** @param place which secret it is: the id of what it belongs to, and the name of the member */
type Change<T> = (value: T, place: string) => T | undefined;

/** Change every member of a kind. An object with a member that comes out as undefined is left out. */
function mapRecord<T>(record: TicketRecord, kind: Kind, change: Change<T>): TicketRecord {
  return mapMembers(RECORD, record, kind, change as Change<unknown>) as TicketRecord;
}

function mapMembers<O extends object>(schema: Schema, value: O, kind: Kind, change: Change<unknown>): O | undefined {
  const mapped = { ...value } as Record<string, unknown>;
  for (const [name, , type] of membersOf(schema)) {
    const member = mapped[name];
    if (member === undefined) continue;
    if (typeof type !== 'string') {
      mapped[name] = isList(type)
        ? (member as object[]).flatMap((item) => mapMembers(type[0], item, kind, change) ?? [])
        : mapMembers(type, member as object, kind, change);
    } else if (type === kind) {
      const changed = change(member, `${String(mapped['id'])} ${name}`);
      if (changed === undefined) return undefined;
      mapped[name] = changed;
    }
  }
  return mapped as O;
}

function isList(type: Schema | readonly [Schema]): type is readonly [Schema] {
  return Array.isArray(type);
}
