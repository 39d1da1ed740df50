import type { Duplex } from 'node:stream';
import { SystemClock } from '../runtime/clock.js';
import { randomLettersAndDigits } from './credentials/credential-ledger.js';
import { acceptLaunch, type LaunchVerdict, type PhoneLaunch } from './endpoints/ocr.endpoints.js';
import { Vendor } from './endpoints/vendor.js';
import type { CallCounts, JournalEntry, ViolationEntry } from './evidence/evidence.js';
import type { FaultHandle, SandboxFault } from './faults/fault-registry.js';
import { VendorServer } from './http/vendor-server.js';
import { changed, DEFAULT_SETTINGS, type KycSandboxChange, type KycSandboxOptions } from './kyc-sandbox.options.js';
import { EXAMPLE_ORDERS, type SandboxOrder } from './orders/order-book.js';
import { vendorSignature } from './vendor-signature.js';

/**
 * The vendor on a local TCP port, as strict as its documents; keeps evidence of what its client did, knows no real
 * card.
 * @example
 * await using sandbox = await KycSandbox.start();
 * sandbox.addOrder({ orderNo: 'order1', warnings: ['-9113'] });
 */
export class KycSandbox implements AsyncDisposable {
  /** Order numbers that every sandbox knows: `clean`, `warned` and `noValidity`. */
  static readonly EXAMPLE_ORDERS = EXAMPLE_ORDERS;

  /** Start a sandbox; it listens when the promise resolves. */
  static async start(options: KycSandboxOptions = {}): Promise<KycSandbox> {
    const sandbox = new KycSandbox(options);
    await sandbox.#server.listen();
    return sandbox;
  }

  readonly appId: string;
  readonly #vendor: Vendor;
  readonly #server: VendorServer;

  private constructor({
    appId = 'IDASANDB',
    secret = randomLettersAndDigits(),
    port = 0,
    host = '127.0.0.1',
    pathPrefix = '',
    keepsProcessAlive = true,
    clock = new SystemClock(),
    ...settings
  }: KycSandboxOptions) {
    this.appId = appId;
    this.#vendor = new Vendor(appId, secret, clock, changed('The sandbox', DEFAULT_SETTINGS, settings));
    const prefix = pathPrefix.replace(/\/+$/, '');
    this.#server = new VendorServer(this.#vendor, { port, host, pathPrefix: prefix, keepsProcessAlive });
  }

  /** Base URL, path prefix included, without a slash at the end. */
  get url(): string {
    return this.#server.url;
  }

  get secret(): string {
    return this.#vendor.secret;
  }

  /** Change settings while it runs; lifetimes apply to what is issued from now on. */
  configure(change: KycSandboxChange): void {
    this.#vendor.settings = changed('The sandbox', DEFAULT_SETTINGS, change, this.#vendor.settings);
  }

  addOrder(order: SandboxOrder): void {
    this.#vendor.orders.add(order);
  }

  /** Disturb the requests that fit; the oldest fault that fits and has hits left wins. */
  injectFault(fault: SandboxFault): FaultHandle {
    return this.#vendor.faults.inject(fault);
  }

  /** End all faults; requests that hang already keep hanging. */
  clearFaults(): void {
    this.#vendor.faults.clear();
  }

  /** Change the partner's secret: all tokens and tickets expire at once. @returns the new secret */
  changeSecret(newSecret: string = randomLettersAndDigits()): string {
    this.#vendor.secret = newSecret;
    this.#vendor.ledger.expireAll();
    this.#vendor.journal.add({ endpoint: 'change-secret', outcome: 'answered' });
    return newSecret;
  }

  /** Expire every token and ticket, as if a foreign program had refreshed and the overlap were over. */
  killCredentials(): void {
    this.#vendor.ledger.expireAll();
    this.#vendor.journal.add({ endpoint: 'kill-credentials', outcome: 'answered' });
  }

  foreignRefresh(): void {
    const { ledger, journal } = this.#vendor;
    const token = ledger.issue('token');
    const ticket = ledger.issue('SIGN', { token });
    journal.add({ endpoint: 'foreign-refresh', outcome: 'answered', generation: token.number, ticket: ticket.number });
  }

  /** Check the launch of a phone SDK and use up its NONCE ticket (protocol.md sections 4 and 5). */
  acceptLaunch(launch: PhoneLaunch): LaunchVerdict {
    return acceptLaunch(this.#vendor, launch);
  }

  /** What the phone SDK hands back with a result; undefined without a valid SIGN ticket (protocol.md section 5). */
  phoneResultSignature(orderNo: string): string | undefined {
    const ticket = this.#vendor.ledger.currentSignTicket();
    return ticket && vendorSignature([this.appId, orderNo, ticket.value]);
  }

  /** Requests received since the start, a copy. */
  get calls(): CallCounts {
    return structuredClone(this.#vendor.calls);
  }

  journal(): readonly JournalEntry[] {
    return this.#vendor.journal.snapshot();
  }

  /** What the client must not have done, in the order it was noticed, copies. */
  violations(): readonly ViolationEntry[] {
    return this.#vendor.violations.snapshot();
  }

  /** OCR requests refused for expired or wrong credentials or a wrong signature; injected faults do not count. */
  get rejected(): number {
    return this.#vendor.rejected;
  }

  /** Requests received that have no response yet, hanging ones included. */
  get inFlight(): number {
    return this.#server.inFlight;
  }

  /** TCP connections, now and since the start. */
  get connections(): { readonly open: number; readonly total: number } {
    return { ...this.#server.connections };
  }

  /** Serve a connection in memory. @internal for tests on moved time, which must not wait for the kernel */
  accept(connection: Duplex): void {
    this.#server.accept(connection);
  }

  /** Stop listening and cut every connection; harmless when it has stopped already. */
  async stop(): Promise<void> {
    await this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
