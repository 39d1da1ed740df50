import { inspect, types } from 'node:util';
import { type DynamicModule, Injectable, type LoggerService, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ModulesContainer } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  BankCardOcrAccountsModule,
  BankCardOcrClientFactory,
  BankCardOcrModule,
  type BankCardOcrOptions,
  type BankCardOcrOptionsFactory,
  getBankCardOcrToken,
  OcrResultService,
  TicketService,
} from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';

const STORE_KEY = '5ec4e7'.repeat(11).slice(0, 64);
const REDIS_PASSWORD = 'canary-of-redis';
const PROXY_PASSWORD = 'canary-of-proxy';
/** Reaches nothing; the start does not wait for it. */
const REDIS = `redis://user:${REDIS_PASSWORD}@127.0.0.1:1/0`;
const PROXY = `http://user:${PROXY_PASSWORD}@127.0.0.1:1`;

const silent: LoggerService = { log: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

let sandbox: KycSandbox;
let application: TestingModule | undefined;
let given: BankCardOcrOptions;

beforeEach(async () => {
  sandbox = await KycSandbox.start({ unknownOrders: 'invent' });
  given = optionsFor(sandbox, { storeEncryptionKey: STORE_KEY });
});

afterEach(async () => {
  await application?.close();
  await sandbox.stop();
});

@Injectable()
class OptionsFromClass implements BankCardOcrOptionsFactory {
  createBankCardOcrOptions(): BankCardOcrOptions {
    return given;
  }
}

async function start(...imports: (DynamicModule | Promise<DynamicModule>)[]): Promise<TestingModule> {
  @Module({ imports })
  class Backend {}
  application = await Test.createTestingModule({ imports: [Backend] })
    .setLogger(silent)
    .compile();
  return application.init();
}

/** Everything that is reached by property names, symbols, accessors, and the entries of collections. */
function textsWithin(value: unknown, seen = new Set<unknown>()): Set<string> {
  const texts = new Set<string>();
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string') texts.add(next);
    if (Buffer.isBuffer(next)) texts.add(next.toString('latin1'));
    if ((typeof next !== 'object' && typeof next !== 'function') || next === null || seen.has(next)) continue;
    seen.add(next);
    if (types.isMap(next)) rest.push(...next.keys(), ...next.values());
    if (types.isSet(next)) rest.push(...next);
    for (const key of Reflect.ownKeys(next)) {
      const { value: own } = Object.getOwnPropertyDescriptor(next, key) ?? {};
      if (next !== process && next !== process.env && next !== globalThis) rest.push(own);
    }
  }
  return texts;
}

/** What of the secrets shows through, in whatever way an application is looked at. */
function shownOf(application: TestingModule, secrets: Readonly<Record<string, string>>): string[] {
  const modules = [...application.get(ModulesContainer, { strict: false }).values()];
  // What the container has made is behind accessors.
  const made = modules.flatMap(({ providers }) => [...providers.values()].map(({ instance }) => instance as unknown));
  const printed = [
    inspect(application, { depth: 8 }),
    inspect(made, { depth: 6 }),
    ...textsWithin([application, made]),
  ].join('\n');
  expect(printed).toContain('BankCardOcrModule');
  return Object.entries(secrets).flatMap(([name, secret]) => (printed.includes(secret) ? [name] : []));
}

async function secretsOf(tickets: TicketService): Promise<Record<string, string>> {
  const { accessToken, signTicket } = await tickets.getCredentials();
  return {
    secret: sandbox.secret,
    'store key': STORE_KEY,
    'access token': accessToken.reveal(),
    'SIGN ticket': signTicket.reveal(),
  };
}

const REGISTRATIONS: Readonly<Record<string, () => DynamicModule>> = {
  forRoot: () => BankCardOcrModule.forRoot(given),
  'forRootAsync with useFactory': () => BankCardOcrModule.forRootAsync({ useFactory: () => given }),
  'forRootAsync with a slow useFactory': () => BankCardOcrModule.forRootAsync({ useFactory: async () => given }),
  'forRootAsync with useClass': () => BankCardOcrModule.forRootAsync({ useClass: OptionsFromClass }),
};

describe('an application that is looked at shows no secret', () => {
  it.each(Object.keys(REGISTRATIONS))('of %s', async (how) => {
    const running = await start(REGISTRATIONS[how]!());
    await running.get(OcrResultService, { strict: false }).query('order1');
    const secrets = await secretsOf(running.get(TicketService, { strict: false }));
    expect(shownOf(running, secrets)).toEqual([]);
  });

  it.each(['http-service', 'undici'] as const)('of a named account on %s', async (transport) => {
    const running = await start(BankCardOcrModule.forRoot({ ...given, transport, name: 'loans' }));
    await running.get(getBankCardOcrToken(OcrResultService, 'loans'), { strict: false }).query('order1');
    const secrets = await secretsOf(running.get(getBankCardOcrToken(TicketService, 'loans'), { strict: false }));
    expect(shownOf(running, secrets)).toEqual([]);
  });

  it('of an account that is known only at run time', async () => {
    const { storeEncryptionKey, ticketStore } = given;
    const options = { defaults: { storeEncryptionKey, ticketStore }, resolve: () => given };
    const running = await start(
      BankCardOcrModule.forRoot({ ...given, appId: 'IDA00002' }),
      BankCardOcrAccountsModule.forRoot(options),
    );
    const client = await running.get(BankCardOcrClientFactory, { strict: false }).get('tenant');
    await client.results.query('order1');
    expect(shownOf(running, await secretsOf(client.tickets))).toEqual([]);
  });

  it('of the options of accounts that a factory returns', async () => {
    const useFactory = () => ({
      defaults: { storeEncryptionKey: STORE_KEY, ticketStore: 'memory:', proxy: PROXY },
      resolve: () => given,
    });
    const running = await start(
      BankCardOcrModule.forRoot(given),
      BankCardOcrAccountsModule.forRootAsync({ useFactory }),
    );
    const secrets = { 'store key': STORE_KEY, 'password of the proxy': PROXY_PASSWORD };
    expect(shownOf(running, secrets)).toEqual([]);
  });

  it.each(['http-service', 'undici'] as const)('of a Redis and of a proxy on %s', async (transport) => {
    const running = await start(BankCardOcrModule.forRoot({ ...given, transport, ticketStore: REDIS, proxy: PROXY }));
    const secrets = {
      secret: sandbox.secret,
      'store key': STORE_KEY,
      'password of Redis': REDIS_PASSWORD,
      'password of the proxy': PROXY_PASSWORD,
    };
    expect(shownOf(running, secrets)).toEqual([]);
  });

  it('of the namespace that @nestjs/config keeps', async () => {
    const before = { ...process.env };
    const { appId, secret, url } = sandbox;
    Object.assign(process.env, {
      BANKCARD_OCR_APP_ID: appId,
      BANKCARD_OCR_SECRET: secret,
      BANKCARD_OCR_BASE_URL: url,
      BANKCARD_OCR_STORE_ENCRYPTION_KEY: STORE_KEY,
      BANKCARD_OCR_TICKET_STORE: 'memory:',
    });
    try {
      const running = await start(
        ConfigModule.forRoot({ ignoreEnvFile: true, load: [bankCardOcrConfig], isGlobal: true }),
        BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider()),
      );
      await running.get(OcrResultService, { strict: false }).query('order1');
      const secrets = await secretsOf(running.get(TicketService, { strict: false }));
      expect(shownOf(running, secrets)).toEqual([]);
    } finally {
      process.env = before;
    }
  });
});
