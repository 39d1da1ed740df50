import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { openApiOf } from '../src/docs/docs.js';
import { pointAtSandbox } from '../src/sandbox/sandbox-environment.js';
import { createApp } from '../src/server/create-app.js';
import { readSecuritySettings } from '../src/settings/security-settings.js';
import { committedDocument, DocumentedResponses } from './documented-responses.js';
import { serveDemo } from './serve-demo.js';

const document = committedDocument();
const { clean } = KycSandbox.EXAMPLE_ORDERS;

describe('the OpenAPI document', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const sandbox = await KycSandbox.start();
    pointAtSandbox(process.env, sandbox);
    app = await createApp({ ...readSecuritySettings({}).settings, logger: ['error'] });
    await sandbox.stop();
  });

  afterAll(() => app.close());

  it('is committed as the code makes it: npm run docs:openapi', () => {
    expect(JSON.parse(JSON.stringify(openApiOf(app)))).toEqual(document);
  });

  it('is valid, which a damaged one is not', async () => {
    const faultsOf = async (text: string) => {
      const { valid, errors } = await new Validator().validate(JSON.parse(text) as Record<string, unknown>);
      return valid ? [] : [errors].flat();
    };
    const text = JSON.stringify(document);
    expect(await faultsOf(text)).toEqual([]);
    expect(await faultsOf(text.replace('"in":"path"', '"in":"nowhere"'))).not.toEqual([]);
  });

  it('has every route of every controller, with a summary, its scopes, and a response for success', () => {
    const folder = path.join(__dirname, '../src');
    const controllers = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('controller.ts') && !/^(?:console|sandbox)\b/.test(name),
    );
    const handlers = controllers.flatMap((name) => {
      return readFileSync(path.join(folder, name), 'utf8').match(/^ {2}@(?:Get|Post|Put|Patch|Delete)\(/gm) ?? [];
    });
    const operations = Object.entries(document.paths).flatMap(([template, methods]) => {
      return Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${template}`, ...operation }));
    });
    // Those of the library for operators; the files of the console and the routes of the sandbox are not part of the API.
    const ofOperators = operations.filter(({ route }) => route.includes(' /ops/'));
    expect(ofOperators).toHaveLength(6);
    expect(operations.length - ofOperators.length).toBe(handlers.length);
    for (const { route, responses, ...operation } of operations) {
      const isPublic = route.includes('/health/');
      expect([route, operation]).toEqual([route, expect.objectContaining({ summary: expect.stringMatching(/./) })]);
      expect([route, 'x-required-scopes' in operation]).toEqual([route, !isPublic]);
      const security = isPublic ? [] : [{ apiKey: [] }];
      expect([route, operation]).toEqual([route, expect.objectContaining({ security })]);
      expect([route, Object.keys(responses)]).toEqual([
        route,
        expect.arrayContaining(['default', ...(isPublic ? [] : ['401', '403', '429'])]),
      ]);
      expect([route, Object.keys(responses).some((status) => status.startsWith('2'))]).toEqual([route, true]);
    }
  });

  it('has examples that are as described', () => {
    const responses = new DocumentedResponses(document);
    const examples = [...responses.examples()];
    expect(examples.length).toBeGreaterThanOrEqual(4);
    for (const { where, schema, example } of examples) responses.checkValue(schema, example, where);
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      const { properties = {} } = schema as { properties?: Record<string, { example?: unknown }> };
      for (const [member, described] of Object.entries(properties)) {
        if (described.example !== undefined) responses.checkValue(described, described.example, `${name}.${member}`);
      }
    }
  });

  it('is served with a page to read it, in a browser too, when that is switched on', async () => {
    const demo = await serveDemo({}, undefined, { env: { DEMO_DOCS: 'on' } });
    try {
      expect(await (await fetch(`${demo.url}/docs-json`)).json()).toEqual(document);
      const page = await fetch(`${demo.url}/docs`);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
      // Nothing of the page needs more than the policy allows.
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
      const scripts = [...(await page.text()).matchAll(/<script(?<attributes>[^>]*)>(?<code>[^<]*)/g)];
      expect(scripts.length).toBeGreaterThanOrEqual(2);
      for (const { groups } of scripts) {
        const source = /src="(?<source>[^"]+)"/.exec(groups?.['attributes'] ?? '')?.groups?.['source'] ?? '';
        expect([groups?.['code']?.trim(), (await fetch(new URL(source, `${demo.url}/docs`))).status]).toEqual([
          '',
          200,
        ]);
      }
      expect((await fetch(`${demo.url}/docs/%2e%2e/%2e%2e/package.json`)).status).not.toBe(200);
      // Public is the document, not what is beside it.
      expect((await fetch(`${demo.url}/bank-cards/${clean}`)).status).toBe(401);
    } finally {
      await demo.close();
    }
  });

  it('is not served otherwise', async () => {
    const demo = await serveDemo();
    try {
      for (const route of ['/docs', '/docs-json', '/docs/swagger-ui.css']) {
        expect([route, (await fetch(demo.url + route)).status]).toEqual([route, 404]);
      }
    } finally {
      await demo.close();
    }
  });
});

describe('the check of responses', () => {
  const responses = new DocumentedResponses(document);
  const json = (status: number, body: object, headers: Record<string, string> = {}) => {
    return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
  };
  const unauthorized = { statusCode: 401, error: 'Unauthorized', message: 'no' };

  it('accepts what is described', async () => {
    await responses.check('GET', `/bank-cards/${clean}?photos=1`, json(401, unauthorized));
  });

  it.each<[string, string, Response, RegExp]>([
    ['a member too many', '/bank-cards/1', json(401, { ...unauthorized, stack: 'x' }), /additional properties/],
    ['a member too few', '/bank-cards/1', json(401, { statusCode: 401, message: 'no' }), /required property 'error'/],
    ['a status that is not described', '/bank-cards/1', json(418, unauthorized), /418 is not in the document/],
    ['a success without a route', '/nothing', json(200, {}), /200 is not in the document/],
    [
      'another type',
      '/bank-cards/1',
      new Response('x', { status: 401, headers: { 'content-type': 'text/html' } }),
      /text\/html/,
    ],
    ['a header that is not described', '/bank-cards/1', json(401, unauthorized, { 'retry-after': '1' }), /Retry-After/],
    ['a member of another type', '/sdk-results/verify', json(200, { valid: 'true' }), /must be boolean/],
  ])('refuses %s', async (_what, url, response, message) => {
    const method = url.startsWith('/sdk') ? 'POST' : 'GET';
    await expect(responses.check(method, url, response)).rejects.toThrow(message);
  });
});
