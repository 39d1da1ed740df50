import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { SystemClock } from '../../libs/bankcard-ocr/src/runtime/clock.js';
import { SYSTEM_RUNTIME } from '../../libs/bankcard-ocr/src/runtime/random.js';
import { FileTicketStore } from '../../libs/bankcard-ocr/src/credentials/store/file-ticket.store.js';
import type { TicketStore } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.js';
import { TicketService } from '../../libs/bankcard-ocr/src/credentials/ticket.service.js';
import { timingsFor } from '../../libs/bankcard-ocr/src/credentials/timings.js';
import { OcrResultService } from '../../libs/bankcard-ocr/src/results/ocr-result.service.js';
import { DEFAULTS } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { RedisTicketStore } from '../../libs/bankcard-ocr/src/redis/index.js';
import { SecretText } from '../../libs/bankcard-ocr/src/runtime/secret-text.js';
import { SignatureService } from '../../libs/bankcard-ocr/src/signature/signature.service.js';
import { AuthClient } from '../../libs/bankcard-ocr/src/vendor/auth.client.js';
import { Semaphore } from '../../libs/bankcard-ocr/src/runtime/semaphore.js';
import { VendorHttpClient } from '../../libs/bankcard-ocr/src/vendor/http/vendor-http-client.js';
import { ResultClient } from '../../libs/bankcard-ocr/src/vendor/result.client.js';
import {
  type ResponseListener,
  Transport,
  type TransportCall,
  type TransportRequest,
} from '../../libs/bankcard-ocr/src/vendor/http/transport.js';

/**
 * Only the store, the refresh and the queries, without Nest, so that it starts quickly and can be killed often. Prints what
 * it is in the middle of (`in <phase>`), `adopted <generation>`, and `served <generation>` once a query has succeeded; it
 * goes on querying until it is told not to. Lines on stdin:
 * - `hold <phase>`: stay in this phase when it comes, until `go`
 * - `refresh`: replace the credentials, although they are not due
 * - `look`: look into the store, then print `look <status>`
 * - `calm`: stop querying, then print `calm <queries> <failures>`
 * - `query`: query once, then print `query <error or ok>`
 * - `stop`: close, and end
 */

const clock = new SystemClock();
/** No limit of the library ends a call here because the machine is slow. */
const PATIENCE_MS = 600_000;
const QUERY_EVERY_MS = 50;
const environment = (name: string): string => process.env[name] ?? '';

/** stdout is a pipe, and Node writes pipes at once: a line is out before the next statement runs. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function inPhase<T>(phase: string, work: () => Promise<T>): Promise<T> {
  say(`in ${phase}`);
  const result = await work();
  say('in nothing');
  return result;
}

class PlainTransport extends Transport {
  start({ pathAndQuery }: TransportRequest, receiver: ResponseListener): TransportCall {
    const controller = new AbortController();
    const finished = new Promise<void>((resolve, reject) => {
      get(environment('URL') + pathAndQuery, { signal: controller.signal, agent: false }, (response) => {
        receiver.head(response.statusCode ?? 0, () => undefined);
        response.on('data', (bytes: Buffer) => void receiver.data(bytes));
        response.on('end', resolve).on('error', reject);
      }).on('error', reject);
    });
    return { finished, abort: () => controller.abort() };
  }

  dropConnections(): void {}

  close(): void {}
}

let heldPhase: string | undefined;
let goOn: () => void = () => undefined;

/** Tell that this phase has come, and stay in it if that is wanted. */
async function stay(phase: string): Promise<void> {
  say(`in ${phase}`);
  if (phase === heldPhase) await new Promise<void>((resolve) => (goOn = resolve));
}

/** @param location `file:/directory` or `redis://…` */
function storeAt(location: string): TicketStore {
  const appId = environment('APP_ID');
  const store = location.startsWith('redis:')
    ? RedisTicketStore.fromUrl(location, { appId })
    : new FileTicketStore({ directory: location.slice('file:'.length), appId });
  store.onWarning = (warning) => say(warning);
  return store;
}

function telling(store: TicketStore): TicketStore {
  const [swap, lease] = [store.compareAndSet.bind(store), store.acquireLease.bind(store)];
  store.compareAndSet = (...call) => inPhase('write', () => swap(...call));
  store.acquireLease = async (ttlMs) => {
    const taken = await lease(ttlMs);
    if (taken) await stay('lease');
    return taken;
  };
  return store;
}

class TellingAuthClient extends AuthClient {
  override async accessToken(...call: Parameters<AuthClient['accessToken']>) {
    await stay('asking');
    const issued = await inPhase('vendor-call', () => super.accessToken(...call));
    await stay('issued');
    return issued;
  }

  override apiTicket(...call: Parameters<AuthClient['apiTicket']>) {
    return inPhase('vendor-call', () => super.apiTicket(...call));
  }
}

async function main(): Promise<void> {
  const appId = environment('APP_ID');
  const store = telling(storeAt(environment('TICKET_STORE')));
  await store.open();
  const exchange = new VendorHttpClient({
    transport: new PlainTransport(),
    gate: new Semaphore(10),
    clock,
    vendorCodeOverrides: {},
    maxResponseBytes: 1e6,
    origin: 'http://vendor',
    onExchange: () => undefined,
  });
  const auth = new TellingAuthClient(exchange, {
    appId,
    secret: new SecretText(environment('SECRET')),
    appIdFields: { accessToken: 'app_id', apiTicket: 'app_id' },
    version: '1.0.0',
    paths: { accessToken: '/api/oauth2/access_token', apiTicket: '/api/oauth2/api_ticket' },
    timeoutMs: PATIENCE_MS,
  });
  const tickets = new TicketService({
    store,
    auth,
    clock,
    storeClock: SYSTEM_RUNTIME.clock,
    random: SYSTEM_RUNTIME.random,
    role: 'refresher',
    observeRefresh: (_reason, refresh) => refresh(),
    timings: timingsFor(Number(environment('INTERVAL_MS')), Number(environment('OVERLAP_MS'))),
    secretFingerprint: 'fingerprint of the one secret',
    backgroundRefresh: true,
  });
  tickets.events$.subscribe((event) => {
    if (event.type === 'credentials-updated') say(`adopted ${event.generation}`);
  });
  tickets.start();

  const results = new ResultClient(exchange, clock, {
    path: '/api/server/getBankCardOcrResult',
    appIdField: 'app_id',
    appId,
    version: '1.0.0',
  });
  const limits = { ...DEFAULTS, timeoutMs: PATIENCE_MS, attemptTimeoutMs: PATIENCE_MS };
  const ocr = new OcrResultService({
    ...{ ...DEFAULTS, appId, protocolVersion: '1.0.0', vendorCodeOverrides: {}, limits, clock, tickets, results },
    signatures: new SignatureService(),
  });
  const querying = new Querying(ocr);
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [command, phase] = line.split(' ');
    if (command === 'hold') heldPhase = phase;
    if (command === 'go') goOn();
    if (command === 'refresh') tickets.refresh().catch((error: unknown) => say(`refused ${String(error)}`));
    if (command === 'look') void tickets.reload().then(() => say(`look ${JSON.stringify(tickets.status())}`));
    if (command === 'calm') void querying.end().then(({ times, failed }) => say(`calm ${times} ${failed}`));
    if (command === 'query') void querying.once().then((outcome) => say(`query ${outcome}`));
    if (command === 'stop') void tickets.close().then(() => process.exit(0));
  });
  while ((await querying.once()) !== 'ok') await pause();
  say(`served ${tickets.peek()?.generation}`);
  querying.begin();
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUERY_EVERY_MS));

/** One caller that queries the same order again and again. */
class Querying {
  #told = false;
  #ended: Promise<void> = Promise.resolve();
  readonly #count = { times: 0, failed: 0 };

  constructor(private readonly ocr: OcrResultService) {}

  async once(): Promise<string> {
    return this.ocr.query('order1').then(
      () => 'ok',
      (error: unknown) => String(error),
    );
  }

  begin(): void {
    this.#ended = this.#goOn();
  }

  async end(): Promise<{ times: number; failed: number }> {
    this.#told = true;
    await this.#ended;
    return this.#count;
  }

  async #goOn(): Promise<void> {
    while (!this.#told) {
      this.#count.times += 1;
      if ((await this.once()) !== 'ok') this.#count.failed += 1;
      await pause();
    }
  }
}

void main();
