import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { describeOperations } from './operations.js';
import { API_KEY_SCHEME } from '../auth/require-scopes.decorator.js';
import type { RouteAccess } from '../auth/public.decorator.js';

/** Where the document is read, and, with `-json`, where it is. */
export const DOCS_PATH = '/docs';

/** The OpenAPI document of an application; apps/demo-api/openapi.json is the same. */
export function openApiOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('demo-api')
    .setDescription(
      'Bank cards that Tencent Cloud / WeBank has recognized: a reference backend for nestjs-bankcard-ocr. Every response has ' +
        '`cache-control: no-store`. `x-required-scopes` of an operation lists the scopes that the API key has to have.',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'The server that the document comes from')
    // Its schemas are JSON Schema, which the tests check responses against.
    .setOpenAPIVersion('3.1.0')
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'docs/demo.md says how to make one' },
      API_KEY_SCHEME,
    )
    .build();
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: (_controller, method) => method });
  describeOperations(document);
  // A route without a key says so, instead of saying nothing.
  for (const item of Object.values(document.paths)) {
    for (const operation of [item.get, item.post]) if (operation) operation.security ??= [];
  }
  return document;
}

/** Serve the document, to everybody: it says nothing about the data, and a browser sends no API key with a link. */
export function serveDocs(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      // By the pattern of the route, not by the path of a request.
      if (route.url !== DOCS_PATH && route.url !== `${DOCS_PATH}-json` && !route.url.startsWith(`${DOCS_PATH}/`))
        return;
      route.config = { ...route.config, ...({ isPublic: true } satisfies RouteAccess) };
    });
  SwaggerModule.setup(DOCS_PATH, app, () => openApiOf(app), { raw: ['json'], customSiteTitle: 'demo-api' });
}
