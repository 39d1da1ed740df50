import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The Redis of `REDIS_URL`, else a `redis-server` of our own that keeps nothing on disk. */
export async function startRedis(): Promise<{ url: string; stop(): void }> {
  const given = process.env['REDIS_URL'];
  if (given) return { url: given, stop: () => undefined };
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '']);
  server.once('error', () => {
    console.error('There is no redis-server: install one, or name a Redis in REDIS_URL.');
    process.exit(1);
  });
  for await (const chunk of server.stdout) if (String(chunk).includes('Ready to accept connections')) break;
  return { url: `redis://127.0.0.1:${port}/0`, stop: () => server.kill() };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}
