import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Clock, SystemClock } from '../../runtime/clock.js';
import { respondAccessToken, respondApiTicket } from '../endpoints/credential.endpoints.js';
import {
  inspectOcrRequest,
  respondFaceRecord,
  respondIdCardResult,
  respondQueryResult,
  respondRecognition,
} from '../endpoints/ocr.endpoints.js';
import type { EndpointName, VendorRequest } from '../endpoints/vendor-request.js';
import { ENDPOINTS, readBody, vendorRequest } from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import { COUNTERS, type JournalEntry, type RefreshCall } from '../evidence/evidence.js';
import { BAD_GATEWAY_PAGE, NOT_FOUND_PAGE, type SandboxFault, withWrongTypes } from '../faults/fault-registry.js';
import type { KycSandboxOptions } from '../kyc-sandbox.options.js';
import { Refusal, type SandboxResponse } from '../response/vendor-response.js';

/** Idle connections stay longer than any test: a client must not meet a closing one by chance. */
const KEEP_ALIVE_MS = 600_000;

const BACKLOG = 1_024;

type ListenOptions = Required<Pick<KycSandboxOptions, 'port' | 'host' | 'pathPrefix' | 'keepsProcessAlive'>>;

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

const JSON_TYPE: Readonly<Record<string, string>> = { 'content-type': 'application/json;charset=UTF-8' };
const REAL_TIME = new SystemClock();

type Responder = (vendor: Vendor, request: VendorRequest, record: JournalEntry, call?: RefreshCall) => SandboxResponse;

const RESPONDERS: Readonly<Record<EndpointName, Responder>> = {
  access_token: respondAccessToken,
  api_ticket: respondApiTicket,
  getBankCardOcrResult: respondQueryResult,
  bankcardocrapp: respondRecognition,
  getOcrResult: respondIdCardResult,
  queryfacerecord: respondFaceRecord,
};

/** `corrupt`: the client cannot make use of the response; `doubtful`: it is unknown whether it can. */
type ResponseQuality = 'whole' | 'doubtful' | 'corrupt';

/** The evidence learns the end *before* the bytes leave: the client's next call may come before the server knows. */
class ServedRequest {
  readonly #record: JournalEntry;
  readonly #refresh: RefreshCall | undefined;
  readonly #fault: SandboxFault | undefined;

  /** @param isAdmitted false when the concurrency limit is reached: then no fault is spent on it */
  constructor(
    private readonly vendor: Vendor,
    private readonly request: VendorRequest,
    private readonly response: ServerResponse,
    isAdmitted: boolean,
  ) {
    const { endpoint, ticketType, legalOrderNo: orderNo } = request;
    const { calls, faults, journal, ledger, refreshWatch } = vendor;
    calls[COUNTERS[endpoint]] += 1;
    if (ticketType) calls[COUNTERS[ticketType]] += 1;
    if (endpoint === 'access_token') this.#refresh = refreshWatch.arrived(endpoint);
    const token = ledger.findToken(request.text('access_token'));
    if (ticketType === 'SIGN') this.#refresh = refreshWatch.arrived('api_ticket', token);
    this.#fault = isAdmitted ? faults.hit(request) : undefined;
    this.#record = journal.add({
      endpoint,
      outcome: 'pending',
      ...(orderNo !== undefined && { orderNo }),
      ...(ticketType !== undefined && { ticketType }),
      ...(endpoint === 'getBankCardOcrResult' && { photos: request.wantsPhotos }),
      ...(this.#fault && { fault: this.#fault.kind }),
    });
    response.once('close', () => this.#closed());
  }

  respond(): void {
    const fault = this.#fault;
    switch (fault?.kind) {
      case 'hang':
        return;
      case 'reset':
        return this.#drop('reset');
      case 'code':
        return this.refuse(new Refusal(fault.code, fault.detail));
      case 'html-502':
        return this.#wait(0, () => this.#send(502, BAD_GATEWAY_PAGE, 'whole', { 'content-type': 'text/html' }));
      case 'empty-body':
        return this.#wait(0, () => this.#send(200, ''));
      case 'body':
        return this.#wait(0, () => this.#send(fault.status ?? 200, fault.body, 'whole', fault.headers));
      default:
        return this.#carryOut();
    }
  }

  #carryOut(): void {
    try {
      const respond = RESPONDERS[this.request.endpoint];
      this.#deliver(respond(this.vendor, this.request, this.#record, this.#refresh));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(error);
    }
  }

  refuse(refusal: Refusal): void {
    this.#deliver(this.vendor.failure(refusal));
  }

  #deliver({ code, json, waitMs = 0 }: SandboxResponse): void {
    const codes = this.vendor.calls.codes[this.request.endpoint];
    codes[code] = (codes[code] ?? 0) + 1;
    this.#record.code = code;
    this.#wait(waitMs, () => {
      const status = code === '0' ? 200 : this.vendor.settings.httpStatusOfFailures;
      const body = Buffer.from(JSON.stringify(json));
      const half = body.subarray(0, Math.ceil(body.length / 2));
      const fault = this.#fault;
      switch (fault?.kind) {
        case 'lost-response':
          return this.#drop('close');
        case 'truncated':
          return this.#sendAndCut(status, half, fault.chunked ? undefined : body.length);
        case 'truncated-json':
          return this.#send(status, half, 'corrupt');
        case 'wrong-types':
          return this.#send(status, JSON.stringify(withWrongTypes(json)), 'corrupt');
        case 'answer':
          return this.#send(status, JSON.stringify(fault.rewrite(json)) ?? '', 'doubtful');
        default:
          return this.#send(status, body);
      }
    });
  }

  /** Run `then` after the delays of settings and fault: first in real time, then on the sandbox's clock. */
  #wait(waitMs: number, then: () => void): void {
    const { settings, clock } = this.vendor;
    const slowMs = this.#fault?.kind === 'slow' ? this.#fault.delayMs : 0;
    this.#after(REAL_TIME, settings.answerDelayMs, () => this.#after(clock, waitMs + slowMs, then));
  }

  #after(clock: Clock, delayMs: number, then: () => void): void {
    if (delayMs <= 0) return then();
    const timer = clock.setTimer(then, delayMs, true);
    this.response.once('close', () => timer.cancel());
  }

  #send(status: number, text: string | Uint8Array, quality: ResponseQuality = 'whole', headers = JSON_TYPE): void {
    this.#end(quality);
    const body = Buffer.from(text);
    this.response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
  }

  #sendAndCut(status: number, part: Buffer, length: number | undefined): void {
    this.#end('corrupt');
    this.response.writeHead(status, { ...JSON_TYPE, ...(length !== undefined && { 'content-length': length }) });
    this.response.write(part, () => this.response.socket?.destroy());
  }

  #drop(how: 'close' | 'reset'): void {
    this.#end('corrupt');
    const { socket } = this.response;
    if (how === 'reset') socket?.resetAndDestroy();
    else socket?.destroy();
  }

  #end(quality: ResponseQuality): void {
    this.#record.outcome = quality === 'corrupt' ? 'lost' : 'answered';
    if (!this.#refresh) return;
    if (quality === 'corrupt') this.vendor.refreshWatch.lost(this.#refresh, false);
    else this.vendor.refreshWatch.delivered(this.#refresh, this.#record.code, quality === 'doubtful');
  }

  /** The client may have left before the response was written, or while it was. */
  #closed(): void {
    if (this.#record.outcome === 'lost' || this.response.writableFinished) return;
    this.#record.outcome = 'lost';
    if (this.#refresh) this.vendor.refreshWatch.lost(this.#refresh, true);
  }
}
