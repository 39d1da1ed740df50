import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** How often a server that is closing checks for connections that have become idle. */
const LOOK_EVERY_MS = 50;

/**
 * Let a shutdown end as soon as the requests under way have. Node closes the connections that are idle when it begins;
 * one that becomes idle later would delay it until its keep-alive timeout, so its response says that it closes, and the
 * connections are checked repeatedly: an upload that was refused half-way leaves one, too.
 *
 * @param isStopping whether the end is near: from then on responses say that their connections close
 */
export function drainQuickly(app: NestFastifyApplication, isStopping: () => boolean): void {
  let closing = false;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', async () => {
      closing = true;
      const server = app.getHttpServer();
      const timer = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
      server.once('close', () => clearInterval(timer));
    })
    .addHook('onSend', async (_request, reply) => {
      if (closing || isStopping()) reply.header('connection', 'close');
    });
}
