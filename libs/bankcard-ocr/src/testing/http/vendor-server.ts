import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { EndpointName } from '../endpoints/endpoint-name.js';
import { ENDPOINT_NAMES, ENDPOINT_PATHS } from '../endpoints/endpoint-name.js';
import { inspectQuery } from '../endpoints/query-inspection.js';
import { VendorRequest } from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import { NOT_FOUND_PAGE } from '../faults/spoilt-answer.js';
import type { KycSandboxIdentity } from '../kyc-sandbox.options.js';
import { Exchange } from './exchange.js';
import { refuse, respond } from './respond.js';

/** Idle connections stay longer than any test: a client must not meet a closing one by chance. */
const KEEP_ALIVE_MS = 600_000;

const BACKLOG = 1_024;

/** The TCP side of the sandbox: routes, connections and how much is in flight. */
export class VendorServer {
  readonly #vendor: Vendor;
  readonly #identity: KycSandboxIdentity;
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, EndpointName>;
  #closed: Promise<void> | undefined;
  #inFlight = 0;
  #queriesAdmitted = 0;
  #openConnections = 0;
  #totalConnections = 0;

  constructor(vendor: Vendor, identity: KycSandboxIdentity) {
    this.#vendor = vendor;
    this.#identity = identity;
    this.#routes = new Map(ENDPOINT_NAMES.map((name) => [`${identity.pathPrefix}${ENDPOINT_PATHS[name]}`, name]));
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      this.#serve(request, response),
    );
    this.#server.on('connection', (socket) => {
      this.#openConnections += 1;
      this.#totalConnections += 1;
      socket.once('close', () => (this.#openConnections -= 1));
    });
  }

  /** Requests received and not yet answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get connections(): { open: number; total: number } {
    return { open: this.#openConnections, total: this.#totalConnections };
  }

  /** @returns the base URL, path prefix included, without a slash at the end */
  async listen(): Promise<string> {
    const { port, host, pathPrefix } = this.#identity;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The sandbox did not get a TCP port.');
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${name}:${address.port}${pathPrefix}`;
  }

  /** Stop listening and cut every connection, hanging requests included. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    // The server says that it is closed before its last sockets do.
    while (this.#openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#inFlight += 1;
    response.once('close', () => (this.#inFlight -= 1));
    request.resume();
    const [path = '', ...query] = (request.url ?? '').split('?');
    const endpoint = this.#routes.get(path);
    if (!endpoint || request.method !== 'GET') return this.#turnAway(response, endpoint ? 405 : 404);

    const vendorRequest = new VendorRequest(endpoint, query.join('?'));
    const isQuery = endpoint === 'getBankCardOcrResult';
    if (isQuery) inspectQuery(this.#vendor, vendorRequest);
    const admitted = !isQuery || this.#admit(response);
    const exchange = new Exchange(this.#vendor, vendorRequest, response, admitted);
    return admitted ? respond(exchange) : refuse(exchange, '400506');
  }

  /** Let a query in unless the app id has as many in flight as it may. */
  #admit(response: ServerResponse): boolean {
    if (this.#queriesAdmitted >= (this.#vendor.settings.concurrencyLimit ?? Infinity)) return false;
    this.#queriesAdmitted += 1;
    response.once('close', () => (this.#queriesAdmitted -= 1));
    return true;
  }

  #turnAway(response: ServerResponse, status: 404 | 405): void {
    this.#vendor.calls.arrived('unknown');
    this.#vendor.journal.add({ endpoint: 'unknown', outcome: 'answered' });
    if (status === 405) response.setHeader('allow', 'GET');
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end(status === 404 ? NOT_FOUND_PAGE : '');
  }
}
