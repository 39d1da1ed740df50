import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { inspectOcrRequest } from '../endpoints/ocr.endpoints.js';
import {
  type EndpointName,
  ENDPOINTS,
  type PostedBody,
  RecognitionRequest,
  VendorRequest,
} from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import { NOT_FOUND_PAGE } from '../faults/fault-registry.js';
import { ServedRequest } from './served-request.js';

/** Idle connections stay longer than any test: a client must not meet a closing one by chance. */
const KEEP_ALIVE_MS = 600_000;

const BACKLOG = 1_024;

/** Where to listen. */
interface ListenOptions {
  readonly port: number;
  readonly host: string;
  readonly pathPrefix: string;
  readonly keepsProcessAlive: boolean;
}

/** The TCP side of the sandbox: routes, connections and how much is in flight. */
export class VendorServer {
  readonly #vendor: Vendor;
  readonly #options: ListenOptions;
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, EndpointName>;
  #closed: Promise<void> | undefined;
  #inFlight = 0;
  #ocrRequestsAdmitted = 0;
  #openConnections = 0;
  #totalConnections = 0;

  constructor(vendor: Vendor, options: ListenOptions) {
    this.#vendor = vendor;
    this.#options = options;
    const names = Object.keys(ENDPOINTS) as EndpointName[];
    this.#routes = new Map(names.map((name) => [`${options.pathPrefix}${ENDPOINTS[name].path}`, name]));
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      this.#serve(request, response),
    );
    this.#server.on('connection', (socket) => {
      if (!options.keepsProcessAlive) socket.unref();
      this.#openConnections += 1;
      this.#totalConnections += 1;
      socket.once('close', () => (this.#openConnections -= 1));
    });
  }

  /** Requests received that have no response yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get connections(): { open: number; total: number } {
    return { open: this.#openConnections, total: this.#totalConnections };
  }

  /** @returns the base URL, path prefix included, without a slash at the end */
  async listen(): Promise<string> {
    const { port, host, pathPrefix } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // A test that forgets to close its application, or whose application could not be made, must end all the same.
    if (!this.#options.keepsProcessAlive) this.#server.unref();
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The sandbox did not get a TCP port.');
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${name}:${address.port}${pathPrefix}`;
  }

  /** Serve a connection that did not come over TCP. */
  accept(connection: Duplex): void {
    this.#server.emit('connection', connection);
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
    const [path = '', ...rest] = (request.url ?? '').split('?');
    const query = rest.join('?');
    const endpoint = this.#routes.get(path);
    if (!endpoint || request.method !== ENDPOINTS[endpoint].method) {
      request.resume();
      return this.#rejectPath(response, endpoint);
    }
    if (endpoint === 'bankcardocrapp') {
      return receiveBody(request, (posted) => {
        this.#respond(new RecognitionRequest(query, posted, this.#vendor.settings.recognitionAppId), response);
      });
    }
    request.resume();
    return this.#respond(new VendorRequest(endpoint, query), response);
  }

  #respond(request: VendorRequest, response: ServerResponse): void {
    const isOcr = request.endpoint === 'getBankCardOcrResult' || request.endpoint === 'bankcardocrapp';
    if (isOcr) inspectOcrRequest(this.#vendor, request);
    const isAdmitted = !isOcr || this.#admit(response);
    const served = new ServedRequest(this.#vendor, request, response, isAdmitted);
    return isAdmitted ? served.respond() : served.refuse('400506');
  }

  /** Let an OCR request in unless the app id has as many in flight as it may. */
  #admit(response: ServerResponse): boolean {
    if (this.#ocrRequestsAdmitted >= (this.#vendor.settings.concurrencyLimit ?? Infinity)) return false;
    this.#ocrRequestsAdmitted += 1;
    response.once('close', () => (this.#ocrRequestsAdmitted -= 1));
    return true;
  }

  /** 404 for a path that the vendor does not have, 405 for a method that one of its endpoints does not know. */
  #rejectPath(response: ServerResponse, endpoint: EndpointName | undefined): void {
    this.#vendor.calls.arrived('unknown');
    this.#vendor.journal.add({ endpoint: 'unknown', outcome: 'answered' });
    if (endpoint) response.setHeader('allow', ENDPOINTS[endpoint].method);
    response.writeHead(endpoint ? 405 : 404, { 'content-type': 'text/html' });
    response.end(endpoint ? '' : NOT_FOUND_PAGE);
  }
}

/** More than an image of 3 MB and everything around it. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Receive the whole body; `then` is not called when the client leaves before its end. */
function receiveBody(request: IncomingMessage, then: (posted: PostedBody) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MOST_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => {
    const bytes = size <= MOST_BYTES ? Buffer.concat(chunks) : undefined;
    then({ contentType: request.headers['content-type'], bytes });
  });
  // What happens to the connection is seen by the response.
  request.on('error', () => undefined);
}
