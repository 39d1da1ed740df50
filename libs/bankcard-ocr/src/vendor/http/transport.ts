import type { Socket } from 'node:net';
import { inCallersContext, isTracing, untraced } from '../../runtime/tracing-suppression.js';

export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  /** Below the origin; contains secrets. */
  readonly pathAndQuery: string;
  /** JSON in UTF-8. */
  readonly body?: Buffer;
  /** Not on a connection that is kept: those may all have gone stale together. */
  readonly freshConnection: boolean;
}

/** Receives a response as it arrives; the methods are called in this order. */
export interface ResponseListener {
  /**
   * @param header returns one header by its lower-case name
   * @param connection on which the response comes; undefined when the transport does not know it
   */
  head(status: number, header: (name: string) => string | undefined, connection?: Socket): void;
  /** A piece has come, compressed or not; {@link data} gets what is in it. @throws to end the call */
  received(bytes: number): void;
  /** Some of the body, decompressed. A returned promise is waited for before more; its rejection ends the call. */
  data(bytes: Buffer): Promise<void> | undefined;
}

export interface TransportCall {
  /** Fulfilled when the whole body was received. What it rejects with may carry anything and must never be shown. */
  readonly finished: Promise<void>;
  /** Give up; {@link finished} is then rejected soon. Harmless when it is over. */
  abort(): void;
}

/** The seam to the network: one request, never repeated, no redirects, any status a response. */
export abstract class Transport {
  abstract start(request: TransportRequest, receiver: ResponseListener): TransportCall;

  /** Connections lead to a wrong server, as after a change of DNS: make new ones. What is under way goes on. */
  abstract dropConnections(): void;

  abstract close(): Promise<void> | void;
}

/** Start a request, hidden from all tracing; the response is received in the asynchronous context of the caller. */
export function startUntraced(
  transport: Transport,
  request: TransportRequest,
  receiver: ResponseListener,
): TransportCall {
  if (!isTracing()) return transport.start(request, receiver);
  const bound: ResponseListener = {
    head: inCallersContext((status, header, connection) => receiver.head(status, header, connection)),
    received: (bytes) => receiver.received(bytes),
    data: inCallersContext((bytes) => receiver.data(bytes)),
  };
  return untraced(() => transport.start(request, bound));
}
