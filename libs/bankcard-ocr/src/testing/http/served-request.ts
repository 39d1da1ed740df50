import type { ServerResponse } from 'node:http';
import { respondAccessToken, respondApiTicket } from '../endpoints/credential.endpoints.js';
import { respondQueryResult, respondRecognition } from '../endpoints/ocr.endpoints.js';
import type { RecognitionRequest, VendorRequest } from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import type { JournalEntry, RefreshCall } from '../evidence/evidence.js';
import { BAD_GATEWAY_PAGE, firstHalf, type SandboxFault, withWrongTypes } from '../faults/fault-registry.js';
import { failure, type SandboxResponse } from '../response/vendor-response.js';

type Headers = Readonly<Record<string, string>>;

const JSON_TYPE: Headers = { 'content-type': 'application/json;charset=UTF-8' };

/** `corrupt`: the client cannot make use of the response; `doubtful`: it is unknown whether it can. */
type ResponseQuality = 'whole' | 'doubtful' | 'corrupt';

/**
 * One request on its way through the sandbox: it ends exactly once, `answered` or `lost`, and the evidence learns of
 * that *before* the bytes leave, because the client's next call may arrive before the server hears that they have.
 */
export class ServedRequest {
  readonly #vendor: Vendor;
  readonly #request: VendorRequest;
  readonly #response: ServerResponse;
  readonly #record: JournalEntry;
  readonly #refresh: RefreshCall | undefined;
  readonly #fault: SandboxFault | undefined;
  #ended = false;

  /** @param isAdmitted false when the concurrency limit is reached: then no fault is spent on it */
  constructor(vendor: Vendor, request: VendorRequest, response: ServerResponse, isAdmitted: boolean) {
    this.#vendor = vendor;
    this.#request = request;
    this.#response = response;
    const { endpoint, ticketType, legalOrderNo: orderNo } = request;
    vendor.calls.arrived(endpoint, ticketType);
    if (endpoint === 'access_token') {
      this.#refresh = vendor.refreshWatch.tokenCallArrived();
    } else if (ticketType === 'SIGN') {
      const token = vendor.ledger.findToken(request.text('access_token'));
      this.#refresh = vendor.refreshWatch.signTicketCallArrived(token);
    }
    this.#fault = isAdmitted ? vendor.faults.hit({ endpoint, orderNo, ticketType }) : undefined;
    this.#record = vendor.journal.add({
      endpoint,
      outcome: 'pending',
      ...(orderNo !== undefined && { orderNo }),
      ...(ticketType !== undefined && { ticketType }),
      ...(endpoint === 'getBankCardOcrResult' && { photos: request.wantsPhotos }),
      ...(this.#fault && { fault: this.#fault.kind }),
    });
    response.once('close', () => this.#closed());
  }

  /** Carry the request out, or not, and respond, or not, as the fault that hit it says. */
  respond(): void {
    const fault = this.#fault;
    switch (fault?.kind) {
      case 'hang':
        return;
      case 'reset':
        return this.#drop('reset');
      case 'code':
        return this.refuse(fault.code, fault.detail);
      case 'html-502':
        return this.#wait(0, () => this.#send(502, BAD_GATEWAY_PAGE, 'whole', { 'content-type': 'text/html' }));
      case 'empty-body':
        return this.#wait(0, () => this.#send(200, ''));
      case 'body':
        return this.#wait(0, () => this.#send(fault.status ?? 200, fault.body, 'whole', fault.headers));
      default:
        return this.#deliver(this.#carryOut());
    }
  }

  /** Respond with a code without carrying the request out. */
  refuse(code: string, detail?: string): void {
    this.#deliver(failure(code, this.#vendor.stamps.next(), detail));
  }

  /** Let the vendor do the work of the request. */
  #carryOut(): SandboxResponse {
    const [vendor, request, record] = [this.#vendor, this.#request, this.#record];
    switch (request.endpoint) {
      case 'access_token':
        return respondAccessToken(vendor, request, record, this.#refresh);
      case 'api_ticket':
        return respondApiTicket(vendor, request, record);
      case 'getBankCardOcrResult':
        return respondQueryResult(vendor, request, record);
      case 'bankcardocrapp':
        return respondRecognition(vendor, request as RecognitionRequest, record);
      default:
        return request.endpoint satisfies never;
    }
  }

  /** Send the vendor's response when it is due, corrupted as the fault says. */
  #deliver({ code, json, waitMs = 0 }: SandboxResponse): void {
    this.#record.code = code;
    this.#vendor.calls.decided(this.#request.endpoint, code);
    this.#wait(waitMs, () => {
      const status = code === '0' ? 200 : this.#vendor.settings.httpStatusOfFailures;
      const fault = this.#fault;
      switch (fault?.kind) {
        case 'lost-answer':
          return this.#drop('close');
        case 'truncated':
          return this.#sendHalf(status, JSON.stringify(json), fault.chunked ?? false);
        case 'truncated-json':
          return this.#send(status, firstHalf(JSON.stringify(json)), 'corrupt');
        case 'wrong-types':
          return this.#send(status, JSON.stringify(withWrongTypes(json)), 'corrupt');
        case 'answer':
          return this.#send(status, JSON.stringify(fault.rewrite(json)) ?? '', 'doubtful');
        default:
          return this.#send(status, JSON.stringify(json));
      }
    });
  }

  /** Run `then` after the delays of settings and fault: first in real time, then on the sandbox's clock. */
  #wait(waitMs: number, then: () => void): void {
    const { settings, clock } = this.#vendor;
    const slow = this.#fault?.kind === 'slow' ? this.#fault : undefined;
    const realMs = settings.answerDelayMs + (slow?.realTime ? slow.delayMs : 0);
    const clockMs = waitMs + (slow && !slow.realTime ? slow.delayMs : 0);
    let cancel = (): void => undefined;
    const waitOnClock = (): void => {
      if (clockMs <= 0) return then();
      const timer = clock.setTimer(then, clockMs, true);
      cancel = () => timer.cancel();
    };
    if (realMs > 0) {
      const timer = setTimeout(waitOnClock, realMs);
      cancel = () => clearTimeout(timer);
    } else {
      waitOnClock();
    }
    if (!this.#response.writableEnded) this.#response.once('close', () => cancel());
  }

  #send(status: number, text: string | Uint8Array, quality: ResponseQuality = 'whole', headers = JSON_TYPE): void {
    if (this.#ended) return;
    this.#end(quality);
    const body = Buffer.from(text);
    this.#response.writeHead(status, { ...headers, 'content-length': body.length });
    this.#response.end(body);
  }

  /** Promise the whole response, send half of it and close the connection. */
  #sendHalf(status: number, text: string, isChunked: boolean): void {
    if (this.#ended) return;
    this.#end('corrupt');
    const body = Buffer.from(text);
    this.#response.writeHead(status, { ...JSON_TYPE, ...(!isChunked && { 'content-length': body.length }) });
    this.#response.write(body.subarray(0, Math.ceil(body.length / 2)), () => this.#response.socket?.destroy());
  }

  /** Close the connection without a response; with `reset` the client sees ECONNRESET. */
  #drop(how: 'close' | 'reset'): void {
    if (this.#ended) return;
    this.#end('corrupt');
    const { socket } = this.#response;
    if (how === 'reset') socket?.resetAndDestroy();
    else socket?.destroy();
  }

  #end(quality: ResponseQuality): void {
    this.#ended = true;
    this.#record.outcome = quality === 'corrupt' ? 'lost' : 'answered';
    if (!this.#refresh) return;
    if (quality === 'corrupt') this.#vendor.refreshWatch.lost(this.#refresh, false);
    else this.#vendor.refreshWatch.delivered(this.#refresh, this.#record.code ?? 'none', quality === 'doubtful');
  }

  #closed(): void {
    if (this.#ended && (this.#record.outcome === 'lost' || this.#response.writableFinished)) return;
    this.#ended = true;
    this.#record.outcome = 'lost';
    if (this.#refresh) this.#vendor.refreshWatch.lost(this.#refresh, true);
  }
}
