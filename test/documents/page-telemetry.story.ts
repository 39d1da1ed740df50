import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import type { TelemetrySubscriber } from 'nestjs-bankcard-ocr/telemetry';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { MemoryTelemetry } from '../support/open-telemetry.js';
import { writePages } from '../support/page-code.js';
import { readPage } from '../support/readme-pages.js';

const { load, remove } = writePages('docs/telemetry.md');
afterAll(remove);

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('docs/telemetry.md', () => {
  const environment = { ...process.env };

  afterEach(() => {
    jest.restoreAllMocks();
    process.env = { ...environment };
    for (const api of [trace, context, metrics, propagation]) api.disable();
  });

  it('exports spans as the environment says, and serves metrics to Prometheus', async () => {
    await using sandbox = await KycSandbox.start();
    const exported: unknown[] = [];
    jest.spyOn(console, 'dir').mockImplementation((span: unknown) => void exported.push(span));
    const port = await freePort();
    Object.assign(process.env, {
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
      METRICS_PORT: String(port),
      BANKCARD_OCR_APP_ID: sandbox.appId,
      BANKCARD_OCR_SECRET: sandbox.secret,
      BANKCARD_OCR_BASE_URL: sandbox.url,
      BANKCARD_OCR_TICKET_STORE: 'memory:',
    });
    load('otel.ts');
    const { CardModule } = load('otel.module.ts') as { CardModule: Type };
    const app = await Test.createTestingModule({ imports: [CardModule] }).compile();
    app.useLogger(false);
    await app.init();
    await app.get(OcrResultService).query(KycSandbox.EXAMPLE_ORDERS.clean);
    const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await app.close();
    const names = exported.map((span) => (span as { name: string }).name);
    expect(names).toContain('bankcard_ocr.query');
    expect(names).toContain('GET /api/server/getBankCardOcrResult');
    expect(scraped).toMatch(/^bankcard_ocr_operation_duration_count\{operation="query",outcome="OK",.*\} 1$/m);
    expect(scraped).toMatch(/^bankcard_ocr_refreshes_total\{reason="initial",outcome="OK",.*\} 1$/m);
    expect(JSON.stringify(exported) + scraped).not.toContain(sandbox.secret);
  });

  it.each(['docs/telemetry.md', 'docs/telemetry.zh-CN.md'])('%s names every metric with its unit', async (page) => {
    await using sdk = new MemoryTelemetry();
    const { openTelemetry } = jest.requireActual<typeof import('nestjs-bankcard-ocr/telemetry')>(
      'nestjs-bankcard-ocr/telemetry',
    );
    const subscriber = openTelemetry();
    subscriber.account?.({ account: undefined, ticketAgeMs: () => 1 });
    const start = { account: undefined, operation: 'refresh' } as const;
    const cards = { warnings: ['-9110'], photos: [{ kind: 'crop', bytes: 1 }] };
    subscriber.operation?.(start)?.end?.({ ...start, ...cards, outcome: 'OK', durationMs: 1 });
    const exchange = { account: undefined, endpoint: 'access_token', attempt: 1 } as const;
    const begun = subscriber.attempt?.({ ...exchange, method: 'GET', origin: 'https://vendor', path: '/' });
    begun?.end?.({ ...exchange, outcome: 'OK', durationMs: 1 });
    subscriber.event?.({ type: 'credentials-rejected', generation: 1 }, undefined);
    subscriber.event?.({ type: 'store-restored', generation: 1 }, undefined);
    const keep = { account: undefined, operation: 'keep' } as const;
    subscriber.operation?.(keep)?.end?.({ ...keep, outcome: 'OK', durationMs: 1, isNew: true });
    subscriber.archive?.({ account: undefined, backlog: () => undefined });
    const measured = (await sdk.metrics()).map(({ descriptor: { name, unit } }) => `${name} ${unit}`);
    const rows = [...readPage(page).matchAll(/^\| `(bankcard_ocr\.[a-z.]+)` \| \w+, (\S+) \|/gm)];
    expect(rows.map(([, name, unit]) => `${name} ${unit}`).toSorted()).toEqual(measured.toSorted());
  });

  it('installs the versions that it was tried with', () => {
    const { devDependencies } = JSON.parse(readPage('package.json')) as { devDependencies: Record<string, string> };
    const packages =
      /^npm install( \S+)+$/m.exec(readPage('docs/telemetry.md'))?.[0].split(' install ')[1]?.split(' ') ?? [];
    expect(packages.length).toBeGreaterThan(2);
    for (const one of packages) {
      const at = one.lastIndexOf('@');
      expect([one.slice(0, at), devDependencies[one.slice(0, at)]]).toEqual([one.slice(0, at), one.slice(at + 1)]);
    }
  });

  it('counts events in another monitoring system', () => {
    const { StatsdSubscriber } = load('statsd.subscriber.ts') as {
      StatsdSubscriber: new (increment: (name: string) => void) => TelemetrySubscriber;
    };
    const names: string[] = [];
    new StatsdSubscriber((name) => names.push(name)).event?.({ type: 'store-recovered' }, 'loans');
    expect(names).toEqual(['bankcard_ocr.loans.store-recovered']);
  });
});
