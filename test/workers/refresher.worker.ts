import { get } from 'node:http';
import { SystemClock } from '../../libs/bankcard-ocr/src/clock.js';
import { FileTicketStore } from '../../libs/bankcard-ocr/src/credentials/store/file-ticket.store.js';
import { TicketService } from '../../libs/bankcard-ocr/src/credentials/ticket.service.js';
import type { TicketRecord } from '../../libs/bankcard-ocr/src/credentials/ticket-record.js';
import { timingsFor } from '../../libs/bankcard-ocr/src/credentials/timings.js';
import { OcrResultService } from '../../libs/bankcard-ocr/src/ocr/ocr-result.service.js';
import { DEFAULTS } from '../../libs/bankcard-ocr/src/options/bankcard-ocr.options.js';
import { SecretText } from '../../libs/bankcard-ocr/src/secret-text.js';
import { SignatureService } from '../../libs/bankcard-ocr/src/signature/signature.service.js';
import { AuthClient } from '../../libs/bankcard-ocr/src/upstream/auth.client.js';
import { ConnectionGate } from '../../libs/bankcard-ocr/src/upstream/connection-gate.js';
import { Exchange } from '../../libs/bankcard-ocr/src/upstream/exchange.js';
import { ResultClient } from '../../libs/bankcard-ocr/src/upstream/result.client.js';
import { Transport, type TransportAnswer } from '../../libs/bankcard-ocr/src/upstream/transport.js';

/**
 * Only the store, the refresh and one query, without Nest, so that it starts quickly and can be killed often. Prints what
 * it is in the middle of (`in <phase>`), and `served <generation>` once a query has succeeded.
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
  get(pathAndQuery: string, signal: AbortSignal): Promise<TransportAnswer> {
    return new Promise((resolve, reject) => {
      get(environment('URL') + pathAndQuery, { signal, agent: false }, (response) => {
        resolve({ status: response.statusCode ?? 0, header: (name) => String(response.headers[name]), body: response });
      }).on('error', reject);
    });
  }

  close(): void {}
}

class TellingStore extends FileTicketStore {
  override swap(expected: TicketRecord | undefined, next: TicketRecord): Promise<boolean> {
    return inPhase('write', () => super.swap(expected, next));
  }
}

class TellingAuthClient extends AuthClient {
  override accessToken(...call: Parameters<AuthClient['accessToken']>) {
    return inPhase('vendor-call', () => super.accessToken(...call));
  }

  override signTicket(...call: Parameters<AuthClient['signTicket']>) {
    return inPhase('vendor-call', () => super.signTicket(...call));
  }
}

async function main(): Promise<void> {
  const appId = environment('APP_ID');
  const store = new TellingStore({
    directory: environment('DIRECTORY'),
    appId,
    onDamaged: (path) => say(`damaged ${path}`),
  });
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
  tickets.start();

  const results = new ResultClient(exchange, clock, {
    path: '/api/server/getBankCardOcrResult',
    appIdParameter: 'app_id',
  });
  const ocr = new OcrResultService({
    ...{ appId, version: '1.0.0', codeRules: {}, limits: DEFAULTS, clock, tickets, results },
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
