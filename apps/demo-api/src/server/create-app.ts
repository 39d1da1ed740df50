import { isatty } from 'node:tty';
import {
  BadRequestException,
  ConsoleLogger,
  type DynamicModule,
  Logger,
  Module,
  NotFoundException,
  type LoggerService,
  type LogLevel,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import multipart from '@fastify/multipart';
import { AppModule } from '../app.module.js';
import { requireApiKey } from '../auth/api-key.hook.js';
import type { ApiKeys } from '../auth/api-keys.js';
import { NEEDS_KEY } from '../console/console.controller.js';
import { drainQuickly } from './drain.js';
import { refuseAlike, refuseConnection, refusePath } from './http-errors.js';
import { readJsonBody } from './read-json-body.js';
import { REQUEST_LIMITS } from './request-limits.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { UPLOAD_LIMITS } from './upload-limits.js';

/** How an application differs from another. */
export interface AppSettings {
  /** The keys that are accepted; `open` needs no key and is for the sandbox only. */
  readonly access: ApiKeys | 'open';
  /** The levels to print, or the logger that takes the lines. */
  readonly logger: LogLevel[] | LoggerService;
  /** The sandbox that stands in for Tencent, if one does. */
  readonly sandbox?: DynamicModule;
}

/**
 * Create the application; it does not listen yet.
 *
 * @throws {@link BankCardOcrConfigurationError} without a line in the log: it is the caller's to print
 */
export async function createApp({ access, logger, sandbox }: AppSettings): Promise<NestFastifyApplication> {
  const app = await create(rootOf(access, sandbox));
  app.useLogger(Array.isArray(logger) ? new ConsoleLogger({ logLevels: logger, colors: isatty(1) }) : logger);
  app.flushLogs();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', async ({ raw, is404 }, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (raw.headers.host === undefined && raw.httpVersion === '1.1')
      throw new BadRequestException('the header host is missing');
    // An unknown route needs no key for its 404; its body, if any, is not read.
    if (is404) throw new NotFoundException();
  });
  if (access !== 'open') fastify.addHook('onRequest', requireApiKey(access));
  readBodies(app);
  await app.register(multipart, { limits: UPLOAD_LIMITS });
  refuseAlike(app.getHttpServer());
  drainQuickly(app);
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

/** The application, and what differs from start to start. */
function rootOf(access: AppSettings['access'], sandbox: DynamicModule | undefined): DynamicModule {
  return {
    module: RootModule,
    global: true,
    imports: [...(sandbox ? [sandbox] : []), AppModule],
    providers: [{ provide: NEEDS_KEY, useValue: access !== 'open' }],
    exports: [NEEDS_KEY],
  };
}

@Module({})
class RootModule {}

/** Nest logs the error of a failed start with its stack: its lines are buffered and, in that case, discarded. */
async function create(root: DynamicModule): Promise<NestFastifyApplication> {
  try {
    const adapter = new FastifyAdapter({
      ...REQUEST_LIMITS,
      frameworkErrors: refusePath,
      clientErrorHandler: refuseConnection,
    });
    return await NestFactory.create<NestFastifyApplication>(root, adapter, {
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
