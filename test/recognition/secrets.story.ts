import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BankCardOcrModule, RecognitionService, TicketService } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { leaksIn } from '../support/recording-proxy.js';

const PICTURE = 'canary picture canary picture canary picture';
const JPEG = Buffer.concat([Buffer.from('ffd8ffe000104a464946000101', 'hex'), Buffer.from(PICTURE.repeat(100))]);
const USER = 'canaryUser0001';

/** What the host of recognition does with an image. */
type Behaviour = 'echo' | 'cut' | 'page' | 'nonsense';
const BEHAVIOURS: readonly Behaviour[] = ['echo', 'cut', 'page', 'nonsense'];

let sandbox: KycSandbox;
let host: Server;
let behaviour: Behaviour;
/** Everything that was sent and is secret, by what it is. */
let canaries: Map<string, Set<string>>;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  canaries = new Map();
  host = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { sign, nonce, bankcardStr } = JSON.parse(body) as Record<string, string>;
      for (const [what, value] of Object.entries({ sign, nonce })) remember(what, value);
      remember('image', PICTURE);
      for (const from of [0, 60, 61, 62, 2_000]) remember('image', bankcardStr?.slice(from, from + 40));
      remember('user', USER);
      if (behaviour === 'cut') request.socket.destroy();
      else if (behaviour === 'page') response.writeHead(500).end(`<html>${body}</html>`);
      else if (behaviour === 'nonsense') response.end(`{"code":"0","result":{"orderNo":"another","x":${body}}}`);
      else response.end(echo(JSON.parse(body)));
    });
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  host.closeAllConnections();
  await new Promise((resolve) => host.close(resolve));
  await sandbox.stop();
});

/** A refusal that repeats what was sent, in its message and beside it. */
function echo(sent: Record<string, string>): string {
  const image = sent['bankcardStr'] ?? '';
  const msg = `refused ${USER}: ${sent['sign']} / ${sent['nonce']} / ${image.slice(0, 200)}`;
  return JSON.stringify({ code: '2', msg, result: sent });
}

function remember(what: string, value: string | undefined): void {
  if (value) canaries.set(what, (canaries.get(what) ?? new Set()).add(value));
}

it('image, user, nonce and signature are in no error and no line of the log, whatever the vendor makes of them', async () => {
  const shown: string[] = [];
  const recognitionBaseUrl = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  const testing = await Test.createTestingModule({
    imports: [BankCardOcrModule.forRoot(optionsFor(sandbox, { recognitionBaseUrl }))],
  }).compile();
  const log = (...line: unknown[]): void => void shown.push(inspect(line));
  testing.useLogger({ log, error: log, warn: log, debug: log, verbose: log, fatal: log });
  const application = await testing.init();
  await application.get(TicketService).getCredentials();
  const recognition = application.get(RecognitionService);
  for (behaviour of BEHAVIOURS) {
    const error: unknown = await recognition
      .recognize(JPEG, { userId: USER, maxAttempts: 1 })
      .then(() => 'it succeeded')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'RecognitionError', orderNo: expect.any(String) });
    shown.push(inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error), String(error));
    shown.push((error as Error).stack ?? '');
  }
  shown.push(inspect(recognition, { depth: Infinity, showHidden: true, maxStringLength: null }));
  await application.close();
  Logger.overrideLogger(false);
  const text = shown.join('\n');
  expect([...canaries.keys()].sort()).toEqual(['image', 'nonce', 'sign', 'user']);
  // The redaction of a user id keeps its letters' case.
  expect(leaksIn(text, new Map([...canaries, ['user', new Set([USER])]]))).toEqual([]);
  expect(text).toContain('bankcardocrapp');
  expect(text).toContain('[redacted]');
});
