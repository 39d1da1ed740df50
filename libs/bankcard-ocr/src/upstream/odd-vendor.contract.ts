import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { SignalCancellation } from '../cancellation.js';
import { type Clock, SystemClock } from '../clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { JsonAnswerReader } from './answer/json-answer.reader.js';
import { ConnectionGate } from './connection-gate.js';
import type { ConnectionOptions } from './transport/connection-options.js';
import { Exchange, type ExchangeAnswer, type ExchangeRequest } from './exchange.js';
import type { ExchangeRecord } from './exchange-record.js';
import { HttpServiceTransport } from './transport/http-service.transport.js';
import type { Transport } from './transport/transport.js';
import { UndiciTransport } from './transport/undici.transport.js';

/** A secret that must come out nowhere. */
export const CANARY = 'canary0secret0canary0secret0';

/** The wish to stop that nobody has. */
export const NEVER = new SignalCancellation(new AbortController().signal);

type TransportKind = 'http-service' | 'undici';

/** Every transport; whatever one of them does, the other one does. */
export const TRANSPORTS: Readonly<Record<TransportKind, (options: ConnectionOptions) => Transport>> = {
  'http-service': (options) => new HttpServiceTransport(options),
  undici: (options) => new UndiciTransport(options),
};
export const TRANSPORT_KINDS = Object.keys(TRANSPORTS) as TransportKind[];

/** What a specification does with a response; `response.req` is the request. */
export type OddAnswer = (response: ServerResponse) => void;

/**
 * A TCP port that answers with whatever a specification wants, below what any sandbox would do, and an exchange that talks
 * to it. The suffix `.contract.ts` keeps it out of the build.
 */
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
    maxAnswerBytes = 10_000,
    gate = new ConnectionGate(5),
    clock = new SystemClock() as Clock,
  } = {}): Exchange {
    const onExchange = (record: ExchangeRecord) => void this.records.push(record);
    const dependencies = { transport: this.#transport, gate, clock, codeRules: {} };
    return new Exchange({ ...dependencies, maxAnswerBytes, onExchange });
  }

  /** One exchange, with a secret in its query. */
  get(change: Partial<ExchangeRequest> = {}, exchange = this.exchange()): Promise<ExchangeAnswer> {
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
      new JsonAnswerReader(),
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
