import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { Child } from './child.js';

/** The Redis that REDIS_URL names, or else a redis-server for this run, which keeps nothing on disk. */
export async function findRedis(): Promise<{ url: string; stop(): Promise<unknown> }> {
  const url = process.env['REDIS_URL'];
  if (url) return { url, stop: async () => undefined };
  const port = String(await freePort());
  const place = ['--port', port, '--bind', '127.0.0.1', '--dir', tmpdir(), '--save', '', '--appendonly', 'no'];
  const server = await Child.start('redis-server', place, process.env, /Ready to accept connections/).catch((error) => {
    throw new Error('no redis-server could be started: install one, or set REDIS_URL', { cause: error });
  });
  return { url: `redis://127.0.0.1:${port}/0`, stop: async () => server.stop() };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
