import type { EndpointName, VendorRequest } from '../endpoints/vendor-request.js';
import type { JsonObject } from '../response/vendor-response.js';

/** Keeps the injected faults and finds the one for a request: the oldest that fits and has hits left. */
export class FaultRegistry {
  #injected: { readonly fault: SandboxFault; hits: number }[] = [];

  inject(fault: SandboxFault): FaultHandle {
    const clear = (): void => {
      this.#injected = this.#injected.filter((other) => other !== injected);
    };
    const injected = { fault, hits: 0, clear };
    this.#injected.push(injected);
    return injected;
  }

  clear(): void {
    this.#injected = [];
  }

  hit(request: VendorRequest): SandboxFault | undefined {
    const found = this.#injected.find(({ fault, hits }) => hits < (fault.times ?? Infinity) && fits(fault, request));
    if (found) found.hits += 1;
    return found?.fault;
  }
}

function fits(target: FaultTarget, { endpoint, legalOrderNo, ticketType }: VendorRequest): boolean {
  if (target.orderNo !== undefined && target.orderNo !== legalOrderNo) return false;
  if (target.ticketType !== undefined && target.ticketType !== ticketType) return false;
  const isAuth = endpoint === 'access_token' || endpoint === 'api_ticket';
  return target.endpoint === 'all' || target.endpoint === endpoint || (target.endpoint === 'auth' && isAuth);
}

interface FaultTarget {
  /** `auth` is access_token and api_ticket. */
  readonly endpoint: EndpointName | 'auth' | 'all';
  /** Only queries and recognitions of this order. @default undefined, any request */
  readonly orderNo?: string | undefined;
  /** Only api_ticket calls of this type. @default undefined, both */
  readonly ticketType?: 'SIGN' | 'NONCE' | undefined;
  /** How many requests are hit before the fault ends by itself. @default Infinity */
  readonly times?: number | undefined;
}

/**
 * *Carried out*: the vendor did the work (a token was issued, the older one is dying), whatever the client learns of
 * it.
 */
export type FaultEffect =
  /** Not carried out. Ends when the client goes or the sandbox stops. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Connection reset before any response; not carried out. */
  | { readonly kind: 'reset' }
  /** Carried out, then the connection is closed without a response. */
  | { readonly kind: 'lost-response' }
  /** Carried out; headers promise the whole body, or chunks, and the connection ends in the middle of it. */
  | { readonly kind: 'truncated'; readonly chunked?: boolean | undefined }
  /** Carried out; complete HTTP whose JSON is cut in the middle. */
  | { readonly kind: 'truncated-json' }
  /** A gateway's HTML page with status 502; not carried out. */
  | { readonly kind: 'html-502' }
  /** HTTP 200 without a body; not carried out. */
  | { readonly kind: 'empty-body' }
  /** Carried out; every value except `code` and `msg` is of another type. */
  | { readonly kind: 'wrong-types' }
  /** The response has this code and, after a colon, this detail; not carried out. */
  | { readonly kind: 'code'; readonly code: string; readonly detail?: string | undefined }
  /** The response is exactly these bytes; not carried out. Status 200 and content type JSON unless given. */
  | {
      readonly kind: 'body';
      readonly status?: number | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body: string | Uint8Array;
    }
  /** Carried out; the regular response, success or failure, is replaced by what `rewrite` returns. */
  | { readonly kind: 'answer'; readonly rewrite: (json: JsonObject) => unknown };

/** A fault to inject: whom it hits and what it does. */
export type SandboxFault = FaultTarget & FaultEffect;

/** The name of what a fault does. */
export type FaultKind = FaultEffect['kind'];

/** An injected fault. */
export interface FaultHandle {
  /** Requests it has hit. */
  readonly hits: number;
  /** End it; requests that it has hit already stay as they are. */
  clear(): void;
}

/** The page that a gateway in front of the vendor shows when it cannot reach it. */
export const BAD_GATEWAY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n' +
  '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';

export const NOT_FOUND_PAGE = BAD_GATEWAY_PAGE.replaceAll('502 Bad Gateway', '404 Not Found');

/** The same keys, each value of a type that no document allows; `code` and `msg` stay, so that it looks like a success. */
export function withWrongTypes(json: JsonObject): JsonObject {
  const others = Object.entries(json).map(([name, value]) => [name, ofAnotherType(value)]);
  return { ...Object.fromEntries(others), code: json['code'], msg: json['msg'] };
}

function ofAnotherType(value: unknown): unknown {
  if (typeof value === 'string') return 20_260_101;
  if (typeof value === 'number') return { seconds: value };
  if (typeof value === 'boolean') return 'no';
  return Array.isArray(value) ? {} : [];
}
