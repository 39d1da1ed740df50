import { get } from 'node:http';
import { SystemClock } from '../../libs/bankcard-ocr/src/clock.js';
import { FileTicketStore } from '../../libs/bankcard-ocr/src/credentials/store/file-ticket.store.js';
import type { TicketStore } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.js';
import { TicketService } from '../../libs/bankcard-ocr/src/credentials/ticket.service.js';
import { timingsFor } from '../../libs/bankcard-ocr/src/credentials/timings.js';
import { OcrResultService } from '../../libs/bankcard-ocr/src/ocr/ocr-result.service.js';
import { DEFAULTS } from '../../libs/bankcard-ocr/src/options/defaults.js';
import { RedisTicketStore } from '../../libs/bankcard-ocr/src/redis/redis-url-ticket.store.js';
import { SecretText } from '../../libs/bankcard-ocr/src/secret-text.js';
import { SignatureService } from '../../libs/bankcard-ocr/src/signature/signature.service.js';
import { AuthClient } from '../../libs/bankcard-ocr/src/upstream/auth.client.js';
import { ConnectionGate } from '../../libs/bankcard-ocr/src/upstream/connection-gate.js';
import { Exchange } from '../../libs/bankcard-ocr/src/upstream/exchange.js';
import { ResultClient } from '../../libs/bankcard-ocr/src/upstream/result.client.js';
import {
  type AnswerReceiver,
  Transport,
  type TransportCall,
  type TransportRequest,
} from '../../libs/bankcard-ocr/src/upstream/transport/transport.js';

/**
 * Only the store, the refresh and one query, without Nest, so that it starts quickly and can be killed often. Prints what
 * it is in the middle of (`in <phase>`), where it stays HOLD_MS longer when that is set, `adopted <generation>`, and
 * `served <generation>` once a query has succeeded.
 */

const clock = new SystemClock();
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
  start({ pathAndQuery }: TransportRequest, receiver: AnswerReceiver): TransportCall {
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

const hold = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Number(environment('HOLD_MS'))));

/** @param location `file:/directory` or `redis://…` */
function storeAt(location: string): TicketStore {
  const appId = environment('APP_ID');
  const onDamaged = (where: string) => say(`damaged ${where}`);
  if (location.startsWith('redis:')) return RedisTicketStore.fromUrl(location, { appId, onDamaged });
  return new FileTicketStore({ directory: location.slice('file:'.length), appId, onDamaged });
}

function telling(store: TicketStore): TicketStore {
  const [swap, lease] = [store.swap.bind(store), store.lease.bind(store)];
  store.swap = (...call) => inPhase('write', () => swap(...call));
  store.lease = async (ttlMs) => {
    const taken = await lease(ttlMs);
    if (!taken) return undefined;
    say('in lease');
    await hold();
    return taken;
  };
  return store;
}

class TellingAuthClient extends AuthClient {
  override async accessToken(...call: Parameters<AuthClient['accessToken']>) {
    say('in asking');
    await hold();
    const issued = await inPhase('vendor-call', () => super.accessToken(...call));
    say('in issued');
    await hold();
    return issued;
  }

  override signTicket(...call: Parameters<AuthClient['signTicket']>) {
    return inPhase('vendor-call', () => super.signTicket(...call));
  }
}

async function main(): Promise<void> {
  const appId = environment('APP_ID');
  const store = telling(storeAt(environment('TICKET_STORE')));
  await store.open();
  const exchange = new Exchange({
    transport: new PlainTransport(),
    gate: new ConnectionGate(10),
    clock,
    codeRules: {},
    maxAnswerBytes: 1e6,
    onExchange: () => undefined,
  });
  const auth = new TellingAuthClient(exchange, {
    appId,
    secret: new SecretText(environment('SECRET')),
    appIdParameter: 'app_id',
    version: '1.0.0',
    paths: { accessToken: '/api/oauth2/access_token', apiTicket: '/api/oauth2/api_ticket' },
    timeoutMs: 2_000,
  });
  const tickets = new TicketService({
    store,
    auth,
    clock,
    timings: timingsFor(Number(environment('INTERVAL_MS')), Number(environment('OVERLAP_MS'))),
    secretFingerprint: 'fingerprint of the one secret',
    backgroundRefresh: true,
  });
  tickets.events$.subscribe((event) => {
    if (event.type === 'generation-adopted') say(`adopted ${event.generation}`);
  });
  tickets.start();

  const results = new ResultClient(exchange, clock, {
    path: '/api/server/getBankCardOcrResult',
    appIdParameter: 'app_id',
    appId,
    version: '1.0.0',
  });
  const ocr = new OcrResultService({
    ...{ ...DEFAULTS, appId, version: '1.0.0', codeRules: {}, limits: DEFAULTS, clock, tickets, results },
    signatures: new SignatureService(),
  });
  while (!(await ocr.query('order1').catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 20));
  say(`served ${tickets.peek()?.generation}`);
  await queryUntilTold(ocr);
}

/** Goes on querying until a line comes on stdin; then prints `queried <times> <failures>` and ends. */
async function queryUntilTold(ocr: OcrResultService): Promise<void> {
  let told = false;
  process.stdin.once('data', () => (told = true));
  let failures = 0;
  let times = 0;
  for (; !told; times += 1) {
    await ocr.query('order1').catch(() => (failures += 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  say(`queried ${times} ${failures}`);
  process.exit(0);
}

void main();
