import type { EndpointName } from '../endpoints/endpoint-name.js';

/** Requests that the sandbox received since its start, answered or not. */
export interface CallCounts {
  readonly accessToken: number;
  /** SIGN and NONCE together. */
  readonly apiTicket: number;
  readonly signTicket: number;
  readonly nonceTicket: number;
  readonly result: number;
  readonly recognition: number;
  /** Unknown paths, and methods that a path does not know. */
  readonly unknown: number;
  /** How often each code was answered, e.g. `codes.getBankCardOcrResult['0']`. */
  readonly codes: Readonly<Record<EndpointName, Readonly<Record<string, number>>>>;
}

/** Counts requests as they arrive and codes as they are decided. */
export class CallCounter {
  #accessToken = 0;
  #signTicket = 0;
  #nonceTicket = 0;
  #otherTicket = 0;
  #result = 0;
  #recognition = 0;
  #unknown = 0;
  readonly #codes: Record<EndpointName, Record<string, number>> = {
    access_token: {},
    api_ticket: {},
    getBankCardOcrResult: {},
    bankcardocrapp: {},
  };

  arrived(endpoint: EndpointName | 'unknown', ticketType?: string): void {
    if (endpoint === 'access_token') this.#accessToken += 1;
    else if (endpoint === 'getBankCardOcrResult') this.#result += 1;
    else if (endpoint === 'bankcardocrapp') this.#recognition += 1;
    else if (endpoint === 'unknown') this.#unknown += 1;
    else if (ticketType === 'SIGN') this.#signTicket += 1;
    else if (ticketType === 'NONCE') this.#nonceTicket += 1;
    else this.#otherTicket += 1;
  }

  decided(endpoint: EndpointName, code: string): void {
    const codes = this.#codes[endpoint];
    codes[code] = (codes[code] ?? 0) + 1;
  }

  snapshot(): CallCounts {
    return {
      accessToken: this.#accessToken,
      apiTicket: this.#signTicket + this.#nonceTicket + this.#otherTicket,
      signTicket: this.#signTicket,
      nonceTicket: this.#nonceTicket,
      result: this.#result,
      recognition: this.#recognition,
      unknown: this.#unknown,
      codes: structuredClone(this.#codes),
    };
  }
}
