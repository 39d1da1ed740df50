import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const runs = hasOpenssl || process.env['CI'] === 'true';
if (!runs) process.stdout.write('There is no openssl: stories of real timestamps are skipped\n');

/** `describe` for stories that need openssl as authority. Where everything must run (CI) a missing one is a failure. */
export const describeWithOpenssl = runs ? describe : describe.skip;

const SETTINGS = `
[ tsa ]
default_tsa = tsa1
[ tsa1 ]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`;

/** Does something instead of answering a query as an authority does; `reply` makes that answer. */
type Misbehavior = (query: Buffer, response: ServerResponse, reply: (query: Buffer) => Promise<Buffer>) => unknown;

/** A real authority behind HTTP: `openssl ts -reply`, with the certificate of a CA that is thrown away. */
export class TimestampServer {
  readonly queries: Buffer[] = [];
  misbehavior: Misbehavior | undefined;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'tsa-'));
  #server: Server | undefined;
  #last: Promise<unknown> = Promise.resolve();

  static async start(): Promise<TimestampServer> {
    const one = new TimestampServer();
    one.#makeCertificates();
    const server = createServer((request, response) => {
      buffer(request)
        .then(async (query) => {
          one.queries.push(query);
          if (request.headers['content-type'] !== 'application/timestamp-query') return response.writeHead(415).end();
          if (one.misbehavior) return one.misbehavior(query, response, async (other) => one.reply(other));
          response.setHeader('content-type', 'application/timestamp-reply');
          return response.end(await one.reply(query));
        })
        .catch(() => response.destroy());
    });
    one.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return one;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}/tsr`;
  }

  get ca(): string {
    return readFileSync(this.caFile, 'utf8');
  }

  get caFile(): string {
    return path.join(this.#folder, 'ca.pem');
  }

  /** One after the other: they share the file of the serial number. */
  async reply(query: Buffer): Promise<Buffer> {
    const made = this.#last.then(async () => {
      writeFileSync(path.join(this.#folder, 'query'), query);
      const args = ['ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query', '-out', 'reply'];
      await promisify(execFile)('openssl', args, { cwd: this.#folder });
      return readFileSync(path.join(this.#folder, 'reply'));
    });
    this.#last = made.catch(() => undefined);
    return made;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
    rmSync(this.#folder, { recursive: true });
  }

  #makeCertificates(): void {
    const write = (name: string, content: string) => writeFileSync(path.join(this.#folder, name), content);
    const openssl = (line: string, ...more: string[]) => {
      execFileSync('openssl', [...line.split(' '), ...more], { cwd: this.#folder, stdio: 'ignore' });
    };
    write('tsa.cnf', SETTINGS);
    write('serial', '01');
    write('tsa.ext', 'extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature\n');
    const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
    openssl(`req -x509 ${key} -days 30 -keyout ca.key -out ca.pem -subj`, '/CN=a CA');
    openssl(`req ${key} -keyout tsa.key -out tsa.csr -subj`, '/CN=an authority');
    openssl('x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.ext -out tsa.pem');
  }
}
