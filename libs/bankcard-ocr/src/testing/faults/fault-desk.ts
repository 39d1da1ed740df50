import type { EndpointName } from '../endpoints/endpoint-name.js';
import type { FaultHandle, FaultTarget, SandboxFault } from './fault.js';

/** What a fault's target is compared with. */
export interface FaultCandidate {
  readonly endpoint: EndpointName;
  readonly orderNo?: string;
  readonly ticketType?: string;
}

const AUTH: ReadonlySet<EndpointName> = new Set(['access_token', 'api_ticket']);

interface InjectedFault {
  readonly fault: SandboxFault;
  hits: number;
}

/** Keeps the injected faults and finds the one for a request: the oldest that fits and has hits left. */
export class FaultDesk {
  #injected: InjectedFault[] = [];

  inject(fault: SandboxFault): FaultHandle {
    const injected: InjectedFault = { fault, hits: 0 };
    this.#injected.push(injected);
    return {
      get hits() {
        return injected.hits;
      },
      clear: () => {
        this.#injected = this.#injected.filter((other) => other !== injected);
      },
    };
  }

  clear(): void {
    this.#injected = [];
  }

  /** The fault that hits this request; counts the hit. */
  hit(request: FaultCandidate): SandboxFault | undefined {
    const found = this.#injected.find(({ fault, hits }) => hits < (fault.times ?? Infinity) && fits(fault, request));
    if (found) found.hits += 1;
    return found?.fault;
  }
}

function fits(target: FaultTarget, request: FaultCandidate): boolean {
  if (target.orderNo !== undefined && target.orderNo !== request.orderNo) return false;
  if (target.ticketType !== undefined && target.ticketType !== request.ticketType) return false;
  if (target.endpoint === 'all') return true;
  if (target.endpoint === 'auth') return AUTH.has(request.endpoint);
  return target.endpoint === request.endpoint;
}
