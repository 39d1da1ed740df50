import type { Kernel } from '../kernel/kernel.js';
import type { SimulatedProcess } from '../kernel/process.js';
import type { SeededRandom } from '../kernel/seeded-random.js';
import { type ResponseListener, Transport, type TransportCall, type TransportRequest } from '../library.js';
import type { Exchange, Vendor } from './vendor.js';

/** What a request is for. */
export type Endpoint = 'token' | 'ticket' | 'query';

/** What may happen to a request. */
export type VendorFaultKind =
  /** Nobody is there. */
  | 'refused'
  /** The connection ends before the vendor has carried anything out, or afterwards. */
  | 'reset'
  | 'answer-lost'
  /** Nothing comes; the vendor has carried nothing out, has done so, or does so seconds later. */
  | 'hang'
  | 'hang-carried-out'
  | 'late'
  /** Something else answers. */
  | 'http-502'
  | 'garbage'
  | 'garbage-carried-out'
  /** The vendor answers with a code of its own, having carried the request out or not. */
  | 'fault-code'
  | 'fault-code-carried-out'
  | 'limit-code'
  /** It says that what it gives has next to no life; it lives as long as ever. */
  | 'brief-life'
  | 'slow';

/** A fault on the way to the vendor, while it lasts. */
export interface VendorFault {
  readonly kind: VendorFaultKind;
  readonly endpoints: readonly Endpoint[];
  /** Only requests of this process; of all when it is left out. */
  readonly of?: string;
  readonly probability: number;
  /** How many requests it befalls. */
  times: number;
  readonly delayMs: number;
}

/** Is told of every request to the vendor. */
export interface VendorObserver {
  sent(process: SimulatedProcess, endpoint: Endpoint, call: object): void;
  carriedOut(process: SimulatedProcess, exchange: Exchange, call: object): void;
  /** The client has what it will ever have of it. */
  ended(process: SimulatedProcess, endpoint: Endpoint, call: object, outcome: string): void;
}

/** The way to the vendor. */
export class VendorNetwork {
  readonly faults = new Set<VendorFault>();
  /** Processes that cannot reach the vendor. */
  readonly cutOff = new Set<string>();

  constructor(
    readonly kernel: Kernel,
    readonly vendor: Vendor,
    readonly random: SeededRandom,
    readonly observer: VendorObserver,
  ) {}

  transportOf(process: SimulatedProcess): Transport {
    return new SimulatedTransport(process, this);
  }

  /** What befalls a request that is sent now. */
  faultFor(process: SimulatedProcess, endpoint: Endpoint): VendorFault | undefined {
    for (const fault of this.faults) {
      if (fault.times <= 0 || !fault.endpoints.includes(endpoint)) continue;
      if (fault.of !== undefined && fault.of !== process.name) continue;
      if (!this.random.chance(fault.probability)) continue;
      fault.times -= 1;
      return fault;
    }
    return undefined;
  }
}

class SimulatedTransport extends Transport {
  readonly #calls = new Set<SimulatedCall>();
  #isClosed = false;

  constructor(
    private readonly process: SimulatedProcess,
    private readonly network: VendorNetwork,
  ) {
    super();
  }

  start({ pathAndQuery }: TransportRequest, receiver: ResponseListener): TransportCall {
    const call = new SimulatedCall(this.process, this.network, pathAndQuery, receiver);
    this.#calls.add(call);
    call.finished.catch(() => undefined).finally(() => this.#calls.delete(call));
    if (this.#isClosed) call.abort();
    return call;
  }

  /** A call is a message here: there is no connection that could lead to a wrong server. */
  dropConnections(): void {}

  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.abort();
  }
}

class SimulatedCall implements TransportCall {
  readonly finished: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #isOver = false;
  readonly #endpoint: Endpoint;

  constructor(
    private readonly process: SimulatedProcess,
    private readonly network: VendorNetwork,
    private readonly pathAndQuery: string,
    private readonly receiver: ResponseListener,
  ) {
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#endpoint = endpointOf(pathAndQuery);
    network.observer.sent(process, this.#endpoint, this);
    this.#send();
  }

  abort(): void {
    this.#end('given up', () => this.#reject(new Error('aborted')));
  }

  #send(): void {
    const { network, process } = this;
    const { random } = network;
    const way = (): number => 3 + random.exponential(12);
    if (network.cutOff.has(process.name)) return;
    const fault = network.faultFor(process, this.#endpoint);
    const kind = fault?.kind;
    if (kind === 'refused') return this.#failAfter(1 + random.exponential(5), 'ECONNREFUSED');
    if (kind === 'reset') return this.#failAfter(way() + way(), 'ECONNRESET');
    if (kind === 'hang') return undefined;
    if (kind === 'http-502') return this.#answerAfter(way() + way(), 502, '<html>Bad Gateway</html>');
    if (kind === 'garbage') return this.#answerAfter(way() + way(), 200, '{"code":"0","msg":', 'unreadable');
    if (kind === 'fault-code') return this.#answerAfter(way() + way(), 200, failure(random.pick(FAULT_CODES)));
    if (kind === 'limit-code') return this.#answerAfter(way() + way(), 200, failure('400501'));
    const lateMs = kind === 'late' || kind === 'slow' ? fault!.delayMs : 0;
    network.kernel.after(way() + random.exponential(15) + lateMs, () => this.#arrive(kind, way()));
    return undefined;
  }

  #arrive(kind: VendorFaultKind | undefined, backMs: number): void {
    const { network, process } = this;
    // What a killed process had sent may have got through or not.
    if (!process.isAlive && network.random.chance(0.5)) return;
    // A request whose client is gone before it arrives is not carried out, unless it is on its way all the same.
    if (this.#isOver && kind !== 'late' && network.random.chance(0.5)) return;
    const { body, exchange } = network.vendor.handle(this.pathAndQuery, network.kernel.now, process.name);
    network.observer.carriedOut(process, exchange, this);
    if (kind === 'answer-lost') this.#failAfter(backMs, 'ECONNRESET');
    else if (kind === 'garbage-carried-out')
      this.#answerAfter(backMs, 200, body.slice(0, body.length / 2), 'unreadable');
    else if (kind === 'brief-life') this.#answerAfter(backMs, 200, body.replace(/"expire_in":\d+/, '"expire_in":1e-9'));
    else if (kind === 'fault-code-carried-out') this.#answerAfter(backMs, 200, failure('999999'));
    else if (kind !== 'hang-carried-out') this.#answerAfter(backMs, 200, body);
  }

  #answerAfter(
    delayMs: number,
    status: number,
    body: string,
    outcome = status === 200 ? 'answered' : `HTTP ${status}`,
  ): void {
    this.network.kernel.after(delayMs, () =>
      this.process.deliver(() => {
        if (this.#isOver || this.network.cutOff.has(this.process.name)) return;
        try {
          this.receiver.head(status, () => undefined);
          void this.receiver.data(Buffer.from(body));
        } catch (error) {
          this.#end('unreadable', () => this.#reject(error as Error));
          return;
        }
        this.#end(outcome, () => this.#resolve());
      }),
    );
  }

  #failAfter(delayMs: number, code: string): void {
    this.network.kernel.after(delayMs, () =>
      this.process.deliver(() => this.#end(code, () => this.#reject(Object.assign(new Error(code), { code })))),
    );
  }

  #end(outcome: string, settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.network.observer.ended(this.process, this.#endpoint, this, outcome);
    settle();
  }
}

const FAULT_CODES = ['999999', '999998', '66660021', '4', '9'];

function failure(code: string): string {
  return JSON.stringify({ code, msg: 'a fault of the vendor', transactionTime: '20260101000000', success: false });
}

function endpointOf(pathAndQuery: string): Endpoint {
  if (pathAndQuery.startsWith('/api/oauth2/access_token')) return 'token';
  return pathAndQuery.startsWith('/api/oauth2/api_ticket') ? 'ticket' : 'query';
}
