import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * Let a shutdown end as soon as the requests under way have. Node closes the connections that are idle when it begins;
 * one that becomes idle later would hold it up until its keep-alive time is over, so its answer says that it closes.
 */
export function drainQuickly(app: NestFastifyApplication): void {
  let closing = false;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', async () => {
      closing = true;
    })
    .addHook('onSend', async (_request, reply) => {
      if (closing) reply.header('connection', 'close');
    });
}
