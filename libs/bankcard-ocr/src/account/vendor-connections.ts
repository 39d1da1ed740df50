import type { BaseUrl } from '../options/vendor.options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { OrderReferences } from '../signature/order-references.js';
import { Semaphore } from '../runtime/semaphore.js';
import { loadAxios } from '../vendor/http/load-http-service.js';
import { loadUndiciTransport } from '../vendor/http/load-undici.js';
import { PoolingTransport } from '../vendor/http/pooling.transport.js';
import type { Transport } from '../vendor/http/transport.js';
import { type ExchangeListener, VendorHttpClient } from '../vendor/http/vendor-http-client.js';

export class VendorConnections {
  constructor(
    readonly main: VendorHttpClient,
    /** The host of direct recognition; the same client where it is the same host. */
    readonly recognition: VendorHttpClient,
    private readonly transports: readonly Transport[],
  ) {}

  async close(): Promise<void> {
    await Promise.all(this.transports.map(async (transport) => transport.close()));
  }
}

/** @param given to the main host. One that the library has not made is used for both hosts, and is not closed */
export async function connectToVendor(
  options: ResolvedOptions,
  onExchange: ExchangeListener,
  given?: Transport,
  orderReferences?: OrderReferences,
): Promise<VendorConnections> {
  const { baseUrl, recognitionBaseUrl, maxConnections } = options;
  const clientOn = (transport: Transport, { origin }: BaseUrl = baseUrl): VendorHttpClient => {
    const gate = new Semaphore(maxConnections);
    return new VendorHttpClient({ ...options, origin, transport, gate, onExchange, orderReferences });
  };
  const transport = given ?? (await createTransport(baseUrl, options));
  const main = clientOn(transport);
  if (!(transport instanceof PoolingTransport)) return new VendorConnections(main, main, []);
  if (recognitionBaseUrl.origin === baseUrl.origin) return new VendorConnections(main, main, [transport]);
  const second = await createTransport(recognitionBaseUrl, options);
  return new VendorConnections(main, clientOn(second, recognitionBaseUrl), [transport, second]);
}

/** Make a transport to one host. Only the HTTP client that is used is loaded: each takes longer than all of this library. */
export async function createTransport({ origin, loopback }: BaseUrl, options: ResolvedOptions): Promise<Transport> {
  const connection = { ...options, origin, loopback };
  if (options.transport === 'undici') {
    const { UndiciTransport } = await loadUndiciTransport();
    return new UndiciTransport(connection);
  }
  const { HttpServiceTransport } = await import('../vendor/http/http-service.transport.js');
  return new HttpServiceTransport(connection, options.httpService ?? (await loadAxios()));
}
