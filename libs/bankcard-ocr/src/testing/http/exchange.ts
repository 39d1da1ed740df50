import type { ServerResponse } from 'node:http';
import type { VendorRequest } from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import type { JournalEntry } from '../evidence/evidence.js';
import type { RefreshExchange } from '../evidence/refresh-watch.js';
import type { SandboxFault } from '../faults/fault-registry.js';
import type { SandboxResponse } from '../response/vendor-response.js';

/** Bytes on the wire. */
interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * One request on its way through the sandbox: it ends exactly once, `answered` or `lost`, and the evidence learns of
 * that *before* the bytes leave, because the client's next call may arrive before the server hears that they have.
 */
export class Exchange {
  readonly record: JournalEntry;
  readonly refresh: RefreshExchange | undefined;
  readonly fault: SandboxFault | undefined;
  #answer: SandboxResponse | undefined;
  #ended = false;

  constructor(
    readonly vendor: Vendor,
    readonly request: VendorRequest,
    readonly response: ServerResponse,
    /** False when the gateway refuses it: then no fault is spent on it. */
    admitted: boolean,
  ) {
    const { endpoint, ticketType, legalOrderNo: orderNo } = request;
    vendor.calls.arrived(endpoint, ticketType);
    this.refresh = this.#watchRefresh();
    this.fault = admitted ? vendor.faults.hit({ endpoint, orderNo, ticketType }) : undefined;
    this.record = vendor.journal.add({ endpoint, outcome: 'pending' });
    if (orderNo !== undefined) this.record.orderNo = orderNo;
    if (ticketType !== undefined) this.record.ticketType = ticketType;
    if (endpoint === 'getBankCardOcrResult') this.record.photos = request.wantsPhotos;
    if (this.fault) this.record.fault = this.fault.kind;
    response.once('close', () => this.#closed());
  }

  /** Remember what the vendor decided; `fault` answers decide only a code. */
  decide(answer: SandboxResponse): SandboxResponse {
    this.#answer = answer;
    this.decideCode(answer.code);
    return answer;
  }

  decideCode(code: string): void {
    this.record.code = code;
    this.vendor.calls.decided(this.request.endpoint, code);
  }

  /** Send a whole answer; `spoilt` when the client cannot make use of it, `doubtful` when nobody knows. */
  send(answer: WireResponse, quality: 'whole' | 'doubtful' | 'spoilt' = 'whole'): void {
    if (this.#ended) return;
    this.#end(quality);
    this.response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    this.response.end(answer.body);
  }

  /** Promise the whole answer, send half of it and close the connection. */
  sendHalf(answer: WireResponse, chunked: boolean): void {
    if (this.#ended) return;
    this.#end('spoilt');
    const length = chunked ? {} : { 'content-length': answer.body.length };
    this.response.writeHead(answer.status, { ...answer.headers, ...length });
    const half = answer.body.subarray(0, Math.ceil(answer.body.length / 2));
    this.response.write(half, () => this.response.socket?.destroy());
  }

  /** Close the connection without an answer; with `reset` the client sees ECONNRESET. */
  drop(how: 'close' | 'reset'): void {
    if (this.#ended) return;
    this.#end('spoilt');
    const { socket } = this.response;
    if (how === 'reset') socket?.resetAndDestroy();
    else socket?.destroy();
  }

  #watchRefresh(): RefreshExchange | undefined {
    const { request, vendor } = this;
    if (request.endpoint === 'access_token') return vendor.refreshWatch.tokenCallArrived();
    if (request.ticketType !== 'SIGN') return undefined;
    return vendor.refreshWatch.signTicketCallArrived(vendor.ledger.findToken(request.parameter('access_token') ?? ''));
  }

  #end(quality: 'whole' | 'doubtful' | 'spoilt'): void {
    this.#ended = true;
    this.record.outcome = quality === 'spoilt' ? 'lost' : 'answered';
    if (!this.refresh) return;
    if (quality === 'spoilt') this.vendor.refreshWatch.lost(this.refresh, false);
    else this.vendor.refreshWatch.answered(this.refresh, this.#answer?.code ?? 'none', quality === 'doubtful');
  }

  #closed(): void {
    if (this.#ended && (this.record.outcome === 'lost' || this.response.writableFinished)) return;
    this.#ended = true;
    this.record.outcome = 'lost';
    if (this.refresh) this.vendor.refreshWatch.lost(this.refresh, true);
  }
}

const JSON_TYPE = { 'content-type': 'application/json;charset=UTF-8' };

/** A JSON value as the vendor sends it. */
export function jsonResponse(status: number, json: unknown): WireResponse {
  return textResponse(status, JSON.stringify(json) ?? '');
}

/** A text under the vendor's JSON content type, whether it is JSON or not. */
export function textResponse(status: number, text: string): WireResponse {
  return { status, headers: JSON_TYPE, body: Buffer.from(text) };
}

/** A page of somebody in front of the vendor. */
export function htmlResponse(status: number, page: string): WireResponse {
  return { status, headers: { 'content-type': 'text/html' }, body: Buffer.from(page) };
}

/** Whatever a test wants to see on the wire. */
export function rawResponse(
  status: number,
  headers: Readonly<Record<string, string>> | undefined,
  body: string | Uint8Array,
): WireResponse {
  return { status, headers: headers ?? JSON_TYPE, body: typeof body === 'string' ? Buffer.from(body) : body };
}
