'use strict';
require('reflect-metadata');
const { createServer, get } = require('node:http');
const { Writable } = require('node:stream');
const { context } = require('@opentelemetry/api');
const { NestFactory } = require('@nestjs/core');
const { Redis } = require('ioredis');
const {
  BankCardOcrModule,
  getBankCardOcrToken,
  OcrResultService,
  RecognitionService,
  SdkLaunchService,
  TicketService,
} = require('nestjs-bankcard-ocr');
const { RedisTicketStore } = require('nestjs-bankcard-ocr/redis');
const { openTelemetry } = require('nestjs-bankcard-ocr/telemetry');

const { accounts, redisUrl } = JSON.parse(process.env.BACKEND);
const ORDERS = ['good1', 'code1', 'late1', 'reset1', 'cut1', 'text1', 'status1'];
const IMAGE = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(2_000, 7)]);

const own = redisUrl && new Redis(redisUrl, { enableAutoPipelining: true });
own?.on('error', () => undefined);

function moduleOf({ ownClient, ...account }) {
  const ticketStore = ownClient ? new RedisTicketStore({ client: own, appId: account.appId }) : account.ticketStore;
  const limits = { timeoutMs: 4_000, attemptTimeoutMs: 1_000, recognitionTimeoutMs: 2_000, maxAttempts: 2 };
  return BankCardOcrModule.forRoot({ ...limits, ...account, ticketStore, telemetry: openTelemetry() });
}

/** What another service of the application is told of the trace. */
const told = [];
const neighbor = createServer((request, response) => {
  told.push(request.headers['traceparent'] ?? request.headers['sentry-trace'] ?? 'nothing');
  response.end();
});
function callNeighbor() {
  return new Promise((resolve) =>
    get(`http://127.0.0.1:${neighbor.address().port}/`, (r) => r.resume().on('end', resolve)),
  );
}

/** A sink that calls the neighbor while a photo comes. */
function sink() {
  let called;
  return new Writable({
    async write(_bytes, _encoding, done) {
      called ??= callNeighbor();
      await called;
      done();
    },
  });
}

/** Everything that an account can be asked for. */
async function visit(app, name) {
  const service = (type) => app.get(getBankCardOcrToken(type, name));
  const attempt = async (action) =>
    action().then(
      () => 'ok',
      (error) => error.code ?? error.message,
    );
  const outcomes = [];
  for (const orderNo of ORDERS) {
    outcomes.push(await attempt(() => service(OcrResultService).query(orderNo + name)));
  }
  outcomes.push(await attempt(() => service(OcrResultService).query(`good2${name}`, { photos: true })));
  outcomes.push(await attempt(() => service(OcrResultService).download(`good3${name}`, sink)));
  outcomes.push(await attempt(() => service(RecognitionService).recognize(IMAGE, { orderNo: `good4${name}` })));
  outcomes.push(await attempt(() => service(SdkLaunchService).create({ userId: `user${name}` })));
  outcomes.push(await attempt(() => service(TicketService).refresh()));
  await callNeighbor();
  globalThis.report?.();
  return outcomes;
}

async function main() {
  await new Promise((resolve) => neighbor.listen(0, '127.0.0.1', resolve));
  class Backend {}
  const app = await NestFactory.create({ module: Backend, imports: accounts.map(moduleOf) }, { logger: false });
  app.use('/visit', (request, response) => {
    const name = request.url.slice(1);
    // The application's own tracing: everything below is in its trace, and has its baggage.
    context.with(globalThis.baggage(context.active()), () => {
      void visit(app, name).then((outcomes) => response.end(JSON.stringify(outcomes)));
    });
  });
  await app.listen(0, '127.0.0.1');
  process.once('SIGTERM', async () => {
    await app.close();
    own?.disconnect();
    neighbor.close();
    const { names, text } = await globalThis.exported();
    process.stdout.write(`\nexported ${JSON.stringify({ names, text, told })}\n`);
  });
  process.stdout.write(`listening ${await app.getUrl()}\n`);
}

void main();
