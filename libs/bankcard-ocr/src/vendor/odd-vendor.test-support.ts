import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { HttpService } from '@nestjs/axios';
import { Axios } from 'axios';
import type { Cancellation } from '../runtime/abort.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { JsonResponseReader, type ResponseReader } from './response/json-response.js';
import { Semaphore } from '../runtime/semaphore.js';
import type { ConnectionOptions } from './http/connector.js';
import {
  VendorHttpClient,
  type VendorResponse,
  type ExchangeRecord,
  type VendorRequest,
} from './http/vendor-http-client.js';
import { HttpServiceTransport } from './http/http-service.transport.js';
import type { Transport } from './http/transport.js';
import { UndiciTransport } from './http/undici.transport.js';

/** A secret that must come out nowhere. */
export const CANARY = 'canary0secret0canary0secret0';

/** The wish to stop that nobody has. */
export const NEVER: Cancellation = new AbortController().signal;

type TransportKind = 'http-service' | 'undici';

/** Every transport; whatever one of them does, the other one does. */
export const TRANSPORTS: Readonly<Record<TransportKind, (options: ConnectionOptions) => Transport>> = {
  'http-service': (options) => new HttpServiceTransport(options, { HttpService, Axios }),
  undici: (options) => new UndiciTransport(options),
};
export const TRANSPORT_KINDS = Object.keys(TRANSPORTS) as TransportKind[];

/** What a specification does with a response; `response.req` is the request. */
export type OddAnswer = (response: ServerResponse) => void;

/** A TCP port that answers with whatever a specification wants, below what any sandbox would do, and an exchange with it. */
export class OddVendor {
  static async start(transport: TransportKind = 'http-service'): Promise<OddVendor> {
    const vendor = new OddVendor();
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    const { port } = vendor.#server.address() as AddressInfo;
    vendor.#transport = TRANSPORTS[transport]({
      origin: `http://127.0.0.1:${port}`,
      maxConnections: 5,
      connectTimeoutMs: 60_000,
      loopback: true,
    });
    return vendor;
  }

  readonly records: ExchangeRecord[] = [];
  /** Path and query of every request. */
  readonly served: string[] = [];
  answer: OddAnswer = (response) => response.end();
  #transport!: Transport;
  readonly #server: Server = createServer((request, response) => {
    this.served.push(request.url ?? '');
    this.answer(response);
  });

  exchange({
    maxResponseBytes = 10_000,
    gate = new Semaphore(5),
    clock = new SystemClock() as Clock,
  } = {}): VendorHttpClient {
    const onExchange = () => (_outcome: unknown, describe: () => ExchangeRecord) => void this.records.push(describe());
    const dependencies = { origin: 'http://vendor', transport: this.#transport, gate, clock, vendorCodeOverrides: {} };
    return new VendorHttpClient({ ...dependencies, maxResponseBytes, onExchange });
  }

  /** One exchange, with a secret in its query. */
  get(
    change: Partial<VendorRequest> = {},
    exchange = this.exchange(),
    reader: ResponseReader = new JsonResponseReader(),
  ): Promise<VendorResponse> {
    return exchange.send(
      {
        endpoint: 'access_token',
        pathAndQuery: `/p?app_id=IDA00001&secret=${CANARY}`,
        secrets: [CANARY],
        timeoutMs: 60_000,
        cancellation: NEVER,
        attempt: 1,
        ...change,
      },
      reader,
      (response) => response,
    );
  }

  async stop(): Promise<void> {
    await this.#transport.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The error with which something fails, after a look into every corner of it for the secret and the URL. */
export async function failureOf(failing: Promise<unknown>): Promise<BankCardOcrError> {
  const error = await failing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BankCardOcrError);
  const failure = error as BankCardOcrError;
  const everything = { depth: Infinity, showHidden: true } as const;
  const shown = [
    inspect(failure, everything),
    JSON.stringify(failure),
    failure.stack,
    inspect(failure.cause, everything),
  ];
  for (const canary of [CANARY, 'http://']) expect(shown.join('\n')).not.toContain(canary);
  return failure;
}
