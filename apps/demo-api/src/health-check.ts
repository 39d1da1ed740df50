import { get } from 'node:http';
import { readServerSettings } from './settings/server-settings.js';

/** A server that accepts connections and sends nothing is no healthy one. */
const TIMEOUT_MS = 5_000;
/** What a server that listens on every address is asked by. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * For containers, whose images have no curl: exits with 0 when the demo that has this environment is `live` (the default) or
 * `ready`, as the argument says, else with 1.
 */
function main([route = 'live']: readonly string[]): void {
  const { port, host } = readServerSettings(process.env).settings;
  process.exitCode = 1;
  const fail = (why: string) => void process.stderr.write(`/health/${route}: ${why}\n`);
  const request = get(
    { host: LOOPBACK[host] ?? host, port, path: `/health/${route}`, agent: false, timeout: TIMEOUT_MS },
    (response) => {
      response.resume();
      if (response.statusCode === 200) process.exitCode = 0;
      else fail(`status ${response.statusCode}`);
    },
  );
  request.on('timeout', () => request.destroy(new Error('no response')));
  request.on('error', ({ message }) => fail(message));
}

main(process.argv.slice(2));
