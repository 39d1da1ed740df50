import type { BaseUrl } from '../options/vendor.options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { Semaphore } from '../runtime/semaphore.js';
import { VendorHttpClient, type ExchangeListener } from '../vendor/http/vendor-http-client.js';
import { loadUndiciTransport } from '../vendor/http/load-undici.js';
import type { Transport } from '../vendor/http/transport.js';
import { UntracedTransport } from '../vendor/http/untraced.transport.js';

/** The exchanges with the vendor's hosts, and the connections below them. */
export class VendorConnections {
  constructor(
    /** With the host of credentials and results. */
    readonly main: VendorHttpClient,
    /** With the host of direct recognition; the same one where it is the same host. */
    readonly recognition: VendorHttpClient,
    private readonly transports: readonly Transport[],
  ) {}

  async close(): Promise<void> {
    await Promise.all(this.transports.map(async (transport) => transport.close()));
  }
}

/** Make the exchanges that the options ask for; nothing is connected before the first request. */
export async function connectToVendor(
  options: ResolvedOptions,
  onExchange: ExchangeListener,
): Promise<VendorConnections> {
  const { baseUrl, recognitionBaseUrl, maxConnections, clock, vendorCodeOverrides, maxResponseBytes } = options;
  const transports: Transport[] = [];
  const exchangeWith = async (host: BaseUrl): Promise<VendorHttpClient> => {
    const transport = new UntracedTransport(await createTransport(host, options));
    transports.push(transport);
    const gate = new Semaphore(maxConnections);
    return new VendorHttpClient({ transport, gate, clock, vendorCodeOverrides, maxResponseBytes, onExchange });
  };
  const main = await exchangeWith(baseUrl);
  const isOneHost = recognitionBaseUrl.origin === baseUrl.origin;
  return new VendorConnections(main, isOneHost ? main : await exchangeWith(recognitionBaseUrl), transports);
}

/** Only the client that is used is loaded: each takes longer than all of this library. */
async function createTransport({ origin, loopback }: BaseUrl, options: ResolvedOptions): Promise<Transport> {
  const { transport, maxConnections, maxConnectionAgeMs, connectTimeoutMs, clock, proxy, ca, httpService } = options;
  const connection = { origin, loopback, maxConnections, maxConnectionAgeMs, connectTimeoutMs, clock, proxy, ca };
  if (transport === 'undici') {
    const { UndiciTransport } = await loadUndiciTransport();
    return new UndiciTransport(connection);
  }
  const { HttpServiceTransport } = await import('../vendor/http/http-service.transport.js');
  return new HttpServiceTransport(connection, httpService);
}
