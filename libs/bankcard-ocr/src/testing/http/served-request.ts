import type { ServerResponse } from 'node:http';
import { type Clock, SystemClock } from '../../runtime/clock.js';
import { respondAccessToken, respondApiTicket } from '../endpoints/credential.endpoints.js';
import {
  respondFaceRecord,
  respondIdCardResult,
  respondQueryResult,
  respondRecognition,
} from '../endpoints/ocr.endpoints.js';
import type { EndpointName, VendorRequest } from '../endpoints/vendor-request.js';
import type { Vendor } from '../endpoints/vendor.js';
import { COUNTERS, type JournalEntry, type RefreshCall } from '../evidence/evidence.js';
import { BAD_GATEWAY_PAGE, type SandboxFault, withWrongTypes } from '../faults/fault-registry.js';
import { Refusal, type SandboxResponse } from '../response/vendor-response.js';

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
export class ServedRequest {
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
    if (endpoint === 'access_token') this.#refresh = refreshWatch.tokenCallArrived();
    if (ticketType === 'SIGN') {
      this.#refresh = refreshWatch.signTicketCallArrived(ledger.findToken(request.text('access_token')));
    }
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
    this.#deliver(this.vendor.responses.failure(refusal));
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
