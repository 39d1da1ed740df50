import { isatty } from 'node:tty';
import {
  BadRequestException,
  ConsoleLogger,
  Logger,
  NotFoundException,
  type LoggerService,
  type LogLevel,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import multipart from '@fastify/multipart';
import { AppModule, type Surroundings } from '../app.module.js';
import { ApiKeyAuthentication } from '../auth/api-key.authentication.js';
import type { ClientRequest } from '../auth/client-request.js';
import { serveDocs } from '../docs/docs.js';
import { ShutdownNotice } from '../health/shutdown-notice.js';
import type { SecuritySettings } from '../settings/security-settings.js';
import { drainQuickly } from './drain.js';
import { refuseAlike, refuseConnection, refusePath } from './http-errors.js';
import { Metrics } from '../metrics/metrics.js';
import { readJsonBody } from './read-json-body.js';
import { REQUEST_LIMITS } from './request-limits.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { UPLOAD_LIMITS } from './upload-limits.js';

/** How an application differs from another. */
export interface AppSettings extends SecuritySettings, Surroundings {
  /** The levels to print, or the logger that takes the lines. */
  readonly logger: LogLevel[] | LoggerService;
}

/**
 * Create the application; it does not listen yet.
 *
 * @throws {@link BankCardOcrConfigurationError} without a line in the log: it is the caller's to print
 */
export async function createApp({
  logger,
  sandbox,
  shutdownDelayMs,
  metrics,
  archive,
  ...security
}: AppSettings): Promise<NestFastifyApplication> {
  const app = await create(security, {
    sandbox,
    metrics,
    archive,
    ...(shutdownDelayMs !== undefined && { shutdownDelayMs }),
  });
  app.useLogger(Array.isArray(logger) ? new ConsoleLogger({ logLevels: logger, colors: isatty(1) }) : logger);
  app.flushLogs();
  app.get(Metrics).http?.measure(app);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', async ({ raw, is404 }, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (raw.headers.host === undefined && raw.httpVersion === '1.1')
      throw new BadRequestException('the header host is missing');
    // An unknown route needs no key for its 404; its body, if any, is not read.
    if (is404) throw new NotFoundException();
  });
  const notice = app.get(ShutdownNotice);
  const authentication = app.get(ApiKeyAuthentication);
  fastify.decorateRequest('apiKey', null);
  fastify.addHook('onRequest', (request, reply) => {
    return authentication.authenticate(request as unknown as ClientRequest, reply);
  });
  readBodies(app);
  await app.register(multipart, { limits: UPLOAD_LIMITS });
  refuseAlike(app.getHttpServer());
  drainQuickly(app, () => notice.isStopping);
  if (security.hasDocs) serveDocs(app);
  return app;
}

/** Of all that Fastify and Nest would read, this API takes JSON and, by `@fastify/multipart`, forms with an image. */
function readBodies(app: NestFastifyApplication): void {
  app.getHttpAdapter().getInstance().removeAllContentTypeParsers();
  const { bodyLimit } = REQUEST_LIMITS;
  app.useBodyParser('application/json', { bodyLimit }, (_request: unknown, body: Buffer, done) => {
    try {
      done(null, readJsonBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Nest logs the error of a failed start with its stack: its lines are buffered and, in that case, discarded. */
async function create(security: SecuritySettings, surroundings: Surroundings): Promise<NestFastifyApplication> {
  try {
    const adapter = new FastifyAdapter({
      ...REQUEST_LIMITS,
      trustProxy: security.trustedProxies.length > 0 && [...security.trustedProxies],
      frameworkErrors: refusePath,
      clientErrorHandler: refuseConnection,
    });
    return await NestFactory.create<NestFastifyApplication>(AppModule.with(security, surroundings), adapter, {
      abortOnError: false,
      bodyParser: false,
      bufferLogs: true,
      autoFlushLogs: false,
    });
  } catch (error) {
    Logger.overrideLogger(false);
    Logger.flush();
    throw error;
  }
}
