import { isatty } from 'node:tty';
import { ConsoleLogger, Logger, type LoggerService, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import { AppModule } from '../app.module.js';
import { ApiKeyGuard } from '../auth/api-key.guard.js';
import type { ApiKeys } from '../auth/api-keys.js';
import { drainQuickly } from './drain.js';
import { REQUEST_LIMITS } from './request-limits.js';
import { UPLOAD_LIMITS } from './upload-limits.js';

/** How an application differs from another. */
export interface AppSettings {
  /** Who may come in; `open` lets everybody in and is for the sandbox only. */
  readonly access: ApiKeys | 'open';
  /** The levels to print, or who takes the lines. */
  readonly logger: LogLevel[] | LoggerService;
}

/**
 * Create the application; it does not listen yet.
 *
 * @throws {@link BankCardOcrConfigurationError} without a line in the log: it is the caller's to print
 */
export async function createApp({ access, logger }: AppSettings): Promise<NestFastifyApplication> {
  const app = await create();
  app.useLogger(Array.isArray(logger) ? new ConsoleLogger({ logLevels: logger, colors: isatty(1) }) : logger);
  app.flushLogs();
  await app.register(helmet);
  await app.register(multipart, { limits: UPLOAD_LIMITS });
  // Answers are personal data or about this moment: nobody may keep them, errors included.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  drainQuickly(app);
  if (access !== 'open') app.useGlobalGuards(new ApiKeyGuard(access));
  return app;
}

/** Nest logs the error of a failed start with its stack: its lines are held back and, in that case, thrown away. */
async function create(): Promise<NestFastifyApplication> {
  try {
    return await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(REQUEST_LIMITS), {
      abortOnError: false,
      bufferLogs: true,
      autoFlushLogs: false,
    });
  } catch (error) {
    Logger.overrideLogger(false);
    Logger.flush();
    throw error;
  }
}
