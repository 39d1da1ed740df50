import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { type ExpectedOrder, ExpectedOrders } from 'nestjs-bankcard-ocr/archive';
import { AuditFile } from '../audit/audit-file.js';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const DAY_MS = 86_400_000;
/** Of this machine: containers have names of their own. */
const MACHINE = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');
const FILE = /^(?<day>\d{4}-\d\d-\d\d)\..+\.jsonl$/;
/** Orders that could not be written stay in memory, so many at most. */
const MOST_UNWRITTEN = 10_000;

/** A line of the list: an order number is the only way to a card and its photos, so it is not there in clear. */
interface ServedLine {
  readonly recognizedAt: string;
  readonly order: string;
}

/**
 * The orders that this demo has served: a line for each in files that only grow, one a day and machine, all in one folder.
 * The reconciler compares them with the archive. A product has a table of orders instead.
 */
export class ServedOrders extends ExpectedOrders {
  readonly #log = new Logger(ServedOrders.name);
  readonly #key: Buffer;
  readonly #unwritten = new Map<string, ExpectedOrder>();
  #file: { readonly day: string; readonly lines: AuditFile } | undefined;
  #unreadable = 0;

  /** @param secret that order numbers are encrypted with; all instances have the same */
  constructor(
    private readonly folder: string,
    secret: Buffer,
  ) {
    super();
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'demo-api served orders', 32));
  }

  /**
   * Add an order; it is on disk when this returns.
   *
   * @throws an error of the file system; the order is then known to this process, which tries again in {@link since}
   */
  async add(order: ExpectedOrder): Promise<void> {
    const { orderNo, recognizedAt } = order;
    const at = new Date();
    const line: ServedLine = { recognizedAt: recognizedAt.toISOString(), order: this.#seal(orderNo) };
    if (this.#unwritten.size < MOST_UNWRITTEN) this.#unwritten.set(orderNo, order);
    await (await this.#fileOf(at.toISOString().slice(0, 10))).append(JSON.stringify(line));
    this.#unwritten.delete(orderNo);
  }

  /** Every order that any instance has served and whose card was recognized then or later. Older files are removed. */
  override async *since(time: Date): AsyncIterable<ExpectedOrder> {
    for (const order of this.#unwritten.values()) await this.add(order);
    // A card is served on the day it was recognized, or later.
    const oldest = new Date(time.getTime() - DAY_MS).toISOString().slice(0, 10);
    let unreadable = 0;
    for (const name of (await readdir(this.folder)).sort()) {
      const day = FILE.exec(name)?.groups?.['day'];
      if (day === undefined) continue;
      const file = path.join(this.folder, name);
      if (day < oldest) {
        await unlink(file).catch(() => undefined);
        continue;
      }
      for (const line of (await readFile(file, 'utf8')).split('\n')) {
        const order = this.#read(line);
        if (order === 'unreadable') unreadable += 1;
        else if (order && order.recognizedAt >= time) yield order;
      }
    }
    if (unreadable > this.#unreadable) {
      this.#log.error(
        `${unreadable} served orders were written with another DEMO_AUDIT_KEY and cannot be read; ` +
          'those that are in the queue are kept all the same',
      );
    }
    this.#unreadable = unreadable;
  }

  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }

  async close(): Promise<void> {
    await this.#file?.lines.close();
  }

  async #fileOf(day: string): Promise<AuditFile> {
    if (this.#file?.day !== day) {
      const before = this.#file;
      this.#file = { day, lines: new AuditFile(path.join(this.folder, `${day}.${MACHINE}.jsonl`)) };
      await before?.lines.close();
    }
    return this.#file.lines;
  }

  /** Undefined for no line, or a piece of one: of a process that was killed. */
  #read(text: string): ExpectedOrder | 'unreadable' | undefined {
    let line: ServedLine;
    try {
      line = JSON.parse(text) as ServedLine;
    } catch {
      return undefined;
    }
    try {
      return { orderNo: this.#unseal(line.order), recognizedAt: new Date(line.recognizedAt) };
    } catch {
      return 'unreadable';
    }
  }

  #seal(orderNo: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv);
    return Buffer.concat([iv, cipher.update(orderNo), cipher.final(), cipher.getAuthTag()]).toString('base64');
  }

  #unseal(text: string): string {
    const bytes = Buffer.from(text, 'base64');
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString();
  }
}
