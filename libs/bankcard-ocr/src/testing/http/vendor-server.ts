import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { inspectOcrRequest } from '../endpoints/ocr.endpoints.js';
import {
  type EndpointName,
  ENDPOINTS,
  readBody,
  type VendorRequest,
  vendorRequest,
} from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import { NOT_FOUND_PAGE } from '../faults/fault-registry.js';
import { Refusal } from '../response/vendor-response.js';
import { ServedRequest } from './served-request.js';

/** Idle connections stay longer than any test: a client must not meet a closing one by chance. */
const KEEP_ALIVE_MS = 600_000;

const BACKLOG = 1_024;

interface ListenOptions {
  readonly port: number;
  readonly host: string;
  readonly pathPrefix: string;
  readonly keepsProcessAlive: boolean;
}

/** The TCP side of the sandbox: routes, connections and how much is in flight. */
export class VendorServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, EndpointName>;
  inFlight = 0;
  readonly connections = { open: 0, total: 0 };
  #ocrRequestsAdmitted = 0;

  constructor(
    private readonly vendor: Vendor,
    private readonly options: ListenOptions,
  ) {
    const names = Object.keys(ENDPOINTS) as EndpointName[];
    this.#routes = new Map(names.map((name) => [`${options.pathPrefix}${ENDPOINTS[name].path}`, name]));
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      this.#serve(request, response),
    );
    this.#server.on('connection', (socket) => {
      if (!options.keepsProcessAlive) socket.unref();
      this.connections.open += 1;
      this.connections.total += 1;
      socket.once('close', () => (this.connections.open -= 1));
    });
  }

  async listen(): Promise<string> {
    const { port, host, pathPrefix } = this.options;
    this.#server.listen({ port, host, backlog: BACKLOG });
    await once(this.#server, 'listening');
    // A test that forgets to close its application, or whose application could not be made, must end all the same.
    if (!this.options.keepsProcessAlive) this.#server.unref();
    const bound = this.#server.address() as AddressInfo;
    const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    return `http://${name}:${bound.port}${pathPrefix}`;
  }

  accept(connection: Duplex): void {
    this.#server.emit('connection', connection);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    // The server says that it is closed before its last sockets do.
    while (this.connections.open > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.inFlight += 1;
    response.once('close', () => (this.inFlight -= 1));
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
    const endpoint = this.#routes.get(path);
    if (!endpoint || request.method !== ENDPOINTS[endpoint].method) {
      request.resume();
      return this.#rejectPath(response, endpoint);
    }
    const respond = (bytes?: Buffer): void => {
      const body = bytes && readBody(request.headers['content-type'], bytes);
      this.#respond(vendorRequest(endpoint, query, this.vendor.settings.hostProfile, body), response);
    };
    if (request.method === 'POST') {
      // A client that leaves in the middle of its body has sent no request.
      buffer(request).then(respond, () => undefined);
    } else {
      request.resume();
      respond();
    }
  }

  #respond(request: VendorRequest, response: ServerResponse): void {
    const isOcr = ENDPOINTS[request.endpoint].orderNo !== undefined;
    if (isOcr) inspectOcrRequest(this.vendor, request);
    const isAdmitted = !isOcr || this.#admit(response);
    const served = new ServedRequest(this.vendor, request, response, isAdmitted);
    return isAdmitted ? served.respond() : served.refuse(new Refusal('400506'));
  }

  #admit(response: ServerResponse): boolean {
    if (this.#ocrRequestsAdmitted >= (this.vendor.settings.concurrencyLimit ?? Infinity)) return false;
    this.#ocrRequestsAdmitted += 1;
    response.once('close', () => (this.#ocrRequestsAdmitted -= 1));
    return true;
  }

  #rejectPath(response: ServerResponse, endpoint: EndpointName | undefined): void {
    this.vendor.calls.unknown += 1;
    this.vendor.journal.add({ endpoint: 'unknown', outcome: 'answered' });
    if (endpoint) response.setHeader('allow', ENDPOINTS[endpoint].method);
    response.writeHead(endpoint ? 405 : 404, { 'content-type': 'text/html' });
    response.end(endpoint ? '' : NOT_FOUND_PAGE);
  }
}
