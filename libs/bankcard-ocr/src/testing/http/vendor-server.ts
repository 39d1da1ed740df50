import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { sleep } from '../../runtime/abort.js';
import { SystemClock } from '../../runtime/clock.js';
import { respondAccessToken, respondApiTicket } from '../endpoints/credential.endpoints.js';
import { inspectOcrRequest, respondQueryResult, respondRecognition } from '../endpoints/ocr.endpoints.js';
import { respondFaceRecord, respondIdCardResult } from '../endpoints/sibling.endpoints.js';
import type { EndpointName, VendorRequest } from '../endpoints/vendor-request.js';
import { ENDPOINTS, readBody, vendorRequest } from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import type { JournalEntry, RefreshCall } from '../evidence/evidence.js';
import { BAD_GATEWAY_PAGE, NOT_FOUND_PAGE, type SandboxFault, withWrongTypes } from '../faults/fault-registry.js';
import type { KycSandboxOptions } from '../kyc-sandbox.options.js';
import { type JsonObject, Refusal, type SandboxResponse } from '../response/vendor-response.js';

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
  readonly #sockets = new Set<Socket>();
  /** Known when it listens. */
  url = '';

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
      this.#sockets.add(socket);
      this.connections.open += 1;
      this.connections.total += 1;
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.connections.open -= 1;
      });
    });
  }

  async listen(): Promise<void> {
    const { port, host, pathPrefix } = this.options;
    this.#server.listen({ port, host, backlog: BACKLOG });
    await once(this.#server, 'listening');
    // A test that forgets to close its application, or whose application could not be made, must end all the same.
    if (!this.options.keepsProcessAlive) this.#server.unref();
    const bound = this.#server.address() as AddressInfo;
    const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    this.url = `http://${name}:${bound.port}${pathPrefix}`;
  }

  accept(connection: Duplex): void {
    this.#server.emit('connection', connection);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    // The server says that it is closed before its last sockets do. No timer: tests of applications replace those.
    await Promise.all(
      [...this.#sockets].map(async (socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
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
    const respond = async (bytes: Buffer): Promise<void> => {
      const body = request.method === 'POST' ? readBody(request.headers['content-type'], bytes) : undefined;
      const parsed = vendorRequest(endpoint, query, this.vendor.settings.hostProfile, body);
      await new ServedRequest(this.vendor, parsed, response).respond();
    };
    const failed = (error: unknown): void => {
      // A client that has left gets no response.
      if (!response.destroyed) throw error;
    };
    // A client that leaves in the middle of its body has sent no request.
    void buffer(request).then(
      (bytes) => respond(bytes).catch(failed),
      () => undefined,
    );
  }

  #rejectPath(response: ServerResponse, endpoint: EndpointName | undefined): void {
    this.vendor.calls.unknown += 1;
    this.vendor.journal.add({ endpoint: 'unknown', outcome: 'answered' });
    if (endpoint) response.setHeader('allow', ENDPOINTS[endpoint].method);
    response.writeHead(endpoint ? 405 : 404, HTML_TYPE);
    response.end(endpoint ? '' : NOT_FOUND_PAGE);
  }
}

const JSON_TYPE: Readonly<Record<string, string>> = { 'content-type': 'application/json;charset=UTF-8' };
const HTML_TYPE = { 'content-type': 'text/html' };
const REAL_TIME = new SystemClock();

type Outcome = JournalEntry['outcome'];
type Responder = (vendor: Vendor, request: VendorRequest, record: JournalEntry) => SandboxResponse;

interface HttpResponse {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const RESPONDERS: Readonly<Record<EndpointName, Responder>> = {
  access_token: respondAccessToken,
  api_ticket: respondApiTicket,
  getBankCardOcrResult: respondQueryResult,
  bankcardocrapp: respondRecognition,
  getOcrResult: respondIdCardResult,
  queryfacerecord: respondFaceRecord,
};

/** The evidence learns the end *before* the bytes leave: the client's next call may come before the server knows. */
class ServedRequest {
  readonly #record: JournalEntry;
  readonly #refresh: RefreshCall | undefined;
  readonly #fault: SandboxFault | undefined;
  readonly #isAdmitted: boolean;
  readonly #gone = new AbortController();

  constructor(
    private readonly vendor: Vendor,
    private readonly request: VendorRequest,
    private readonly response: ServerResponse,
  ) {
    const { endpoint, ticketType, legalOrderNo: orderNo } = request;
    const { calls, faults, journal, ledger, refreshWatch, settings } = vendor;
    const isOcr = ENDPOINTS[endpoint].orderNo !== undefined;
    if (isOcr) inspectOcrRequest(vendor, request);
    this.#isAdmitted = !isOcr || vendor.ocrInFlight < (settings.concurrencyLimit ?? Infinity);
    if (isOcr && this.#isAdmitted) {
      vendor.ocrInFlight += 1;
      response.once('close', () => (vendor.ocrInFlight -= 1));
    }
    calls[ENDPOINTS[endpoint].counter] += 1;
    if (ticketType) calls[ticketType === 'SIGN' ? 'signTicket' : 'nonceTicket'] += 1;
    if (endpoint === 'access_token') this.#refresh = refreshWatch.arrived(endpoint);
    const token = ledger.findToken(request.text('access_token'));
    if (ticketType === 'SIGN') this.#refresh = refreshWatch.arrived('api_ticket', token);
    // No fault is spent on a request above the limit.
    this.#fault = this.#isAdmitted ? faults.hit(request) : undefined;
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

  /** @throws when the client leaves during a delay */
  async respond(): Promise<void> {
    const fault = this.#fault;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') return this.#drop('resetAndDestroy');
    const outcome = responseInstead(fault) ?? this.#carryOut();
    await this.#wait('json' in outcome ? outcome.waitMs : 0);
    if (fault?.kind === 'lost-response') return this.#drop('destroy');
    const response = 'json' in outcome ? this.#written(outcome.json) : outcome;
    if (fault?.kind === 'truncated') return this.#sendAndCut(response, fault.chunked);
    const isCorrupt = fault?.kind === 'truncated-json' || fault?.kind === 'wrong-types';
    this.#send(response, isCorrupt ? 'lost' : 'answered');
  }

  #carryOut(): SandboxResponse {
    const response = this.#responseOrRefusal();
    const code = String(response.json['code']);
    const codes = this.vendor.calls.codes[this.request.endpoint];
    codes[code] = (codes[code] ?? 0) + 1;
    this.#record.code = code;
    return response;
  }

  #responseOrRefusal(): SandboxResponse {
    try {
      if (!this.#isAdmitted) throw new Refusal('400506');
      if (this.#fault?.kind === 'code') throw new Refusal(this.#fault.code, this.#fault.detail);
      return RESPONDERS[this.request.endpoint](this.vendor, this.request, this.#record);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.vendor.failure(error);
    }
  }

  #written(json: JsonObject): HttpResponse {
    const fault = this.#fault;
    const rewritten = fault?.kind === 'answer' ? fault.rewrite(json) : json;
    const body = JSON.stringify(fault?.kind === 'wrong-types' ? withWrongTypes(json) : rewritten) ?? '';
    const status = this.#record.code === '0' ? 200 : this.vendor.settings.httpStatusOfFailures;
    return { status, body: fault?.kind === 'truncated-json' ? half(body) : body };
  }

  /** The delays of settings and fault: first in real time, then on the sandbox's clock. */
  async #wait(waitMs = 0): Promise<void> {
    const { settings, clock } = this.vendor;
    const { signal } = this.#gone;
    const slowMs = this.#fault?.kind === 'slow' ? this.#fault.delayMs : 0;
    if (settings.answerDelayMs > 0) await sleep(REAL_TIME, settings.answerDelayMs, signal);
    if (waitMs + slowMs > 0) await sleep(clock, waitMs + slowMs, signal);
  }

  #send({ status, body, headers = JSON_TYPE }: HttpResponse, outcome: Outcome): void {
    this.#end(outcome);
    this.response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }

  #sendAndCut({ status, body }: HttpResponse, isChunked = false): void {
    this.#end('lost');
    const length = { 'content-length': Buffer.byteLength(body) };
    this.response.writeHead(status, { ...JSON_TYPE, ...(!isChunked && length) });
    this.response.write(half(body), () => this.response.socket?.destroy());
  }

  #drop(how: 'destroy' | 'resetAndDestroy'): void {
    this.#end('lost');
    this.response.socket?.[how]();
  }

  #end(outcome: Outcome): void {
    this.#record.outcome = outcome;
    // What a fault rewrote may be of no use to the client.
    const isWhole = outcome === 'answered' && this.#fault?.kind !== 'answer';
    if (this.#refresh) this.vendor.refreshWatch.ended(this.#refresh, isWhole ? this.#record.code : undefined);
  }

  /** The client may have left before the response was written, or while it was. */
  #closed(): void {
    this.#gone.abort();
    if (this.#record.outcome === 'lost' || this.response.writableFinished) return;
    this.#record.outcome = 'lost';
    if (this.#refresh) this.vendor.refreshWatch.abandoned(this.#refresh);
  }
}

/** What a fault sends in place of a regular response, without carrying the request out. */
function responseInstead(fault: SandboxFault | undefined): HttpResponse | undefined {
  if (fault?.kind === 'html-502') return { status: 502, body: BAD_GATEWAY_PAGE, headers: HTML_TYPE };
  if (fault?.kind === 'empty-body') return { status: 200, body: '' };
  return fault?.kind === 'body' ? { ...fault, status: fault.status ?? 200 } : undefined;
}

function half(body: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(body);
  return bytes.subarray(0, Math.ceil(bytes.length / 2));
}
