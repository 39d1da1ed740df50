/** One request to the vendor. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  /** Below the origin; contains secrets. */
  readonly pathAndQuery: string;
  /** JSON in UTF-8. */
  readonly body?: Buffer;
  /** Not on a connection that is kept: those may all have gone stale together. */
  readonly freshConnection: boolean;
}

/** Is told of an answer as it arrives, in this order. */
export interface ResponseListener {
  /**
   * The head has come.
   *
   * @param header gives one header by its lower-case name
   */
  head(status: number, header: (name: string) => string | undefined): void;
  /**
   * A piece of the body has come from the connection, compressed or not; told before what is in it.
   *
   * @throws to end the call
   */
  received(bytes: number): void;
  /**
   * Some of the body, decompressed.
   *
   * @returns a promise when no more is wanted until it is fulfilled; its rejection ends the call
   * @throws to end the call
   */
  data(bytes: Buffer): Promise<void> | undefined;
}

/** A request that is on its way. */
export interface TransportCall {
  /** Fulfilled when the whole body was received. What it rejects with may carry anything: it is shown to nobody. */
  readonly finished: Promise<void>;
  /** Give up; {@link finished} is then rejected soon. Harmless when it is over. */
  abort(): void;
}

/** The seam to the network: one request, never repeated, no redirects, any status an answer. */
export abstract class Transport {
  abstract start(request: TransportRequest, receiver: ResponseListener): TransportCall;

  /**
   * What has come shows that connections lead to a wrong server, as they do for as long as there is traffic when a name
   * has moved to another address: make new ones for what begins from now on. What is under way goes on.
   */
  abstract dropConnections(): void;

  /** Close all connections. */
  abstract close(): Promise<void> | void;
}

/** Photos are JPEG in Base64: compressing them again saves a quarter of the bytes and costs far more time. */
const GET_HEADERS = { accept: 'application/json', 'accept-encoding': 'identity' };
const POST_HEADERS = { ...GET_HEADERS, 'content-type': 'application/json' };

/** The headers of a request; made once for all. */
export function requestHeaders(body: Buffer | undefined): Record<string, string> {
  return body ? POST_HEADERS : GET_HEADERS;
}
