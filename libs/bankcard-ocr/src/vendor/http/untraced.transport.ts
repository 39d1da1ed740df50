import { inCallersContext, untraced } from '../../runtime/tracing-suppression.js';
import { type ResponseListener, Transport, type TransportCall, type TransportRequest } from './transport.js';

/**
 * Any transport, seen by no tracing: from the lookup of the host over tunnel and handshake to the last byte. The answer
 * is received in the context of whoever asked for it.
 */
export class UntracedTransport extends Transport {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    super();
    this.#transport = transport;
  }

  start(request: TransportRequest, receiver: ResponseListener): TransportCall {
    const bound: ResponseListener = {
      head: inCallersContext((status, header) => receiver.head(status, header)),
      received: (bytes) => receiver.received(bytes),
      data: inCallersContext((bytes) => receiver.data(bytes)),
    };
    return untraced(() => this.#transport.start(request, bound));
  }

  override dropConnections(): void {
    untraced(() => this.#transport.dropConnections());
  }

  close(): Promise<void> | void {
    return untraced(() => this.#transport.close());
  }
}
