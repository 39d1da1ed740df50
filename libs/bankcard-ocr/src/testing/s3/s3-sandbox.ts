import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SystemClock } from '../../runtime/clock.js';
import type { FaultHandle } from '../faults/fault-registry.js';
import {
  DEFAULT_S3_SETTINGS,
  type S3Fault,
  type S3JournalEntry,
  type S3SandboxOptions,
  type S3SandboxSettings,
  type S3Violation,
} from './s3-sandbox.options.js';
import { failure, type S3Response, S3Service, type S3Target } from './s3-service.js';

/** Idle connections stay longer than any test: a client must not meet a closing one by chance. */
const KEEP_ALIVE_MS = 600_000;

/**
 * An object store that speaks S3 on a local TCP port, as strict as Amazon's documents: it checks every signature, payload hash and
 * checksum, honors conditions of writes as its dialect says, and keeps evidence of what its client did. It has one bucket, knows
 * path-style addresses, and no more than an archive needs.
 *
 * @example
 * await using sandbox = await S3Sandbox.start({ dialect: 'cos' });
 * const client = new S3Client(sandbox.clientOptions);
 */
export class S3Sandbox implements AsyncDisposable {
  /** Start a sandbox; it listens when the promise resolves. */
  static async start(options: S3SandboxOptions = {}): Promise<S3Sandbox> {
    const sandbox = new S3Sandbox(options);
    sandbox.#server.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' });
    await once(sandbox.#server, 'listening');
    return sandbox;
  }

  readonly bucket: string;
  readonly #service: S3Service;
  readonly #server: Server;
  #faults: { readonly fault: S3Fault; hits: number }[] = [];

  private constructor(options: S3SandboxOptions) {
    const {
      accessKeyId = random(20),
      secretAccessKey = random(40),
      bucket = 'evidence',
      region = 'us-east-1',
    } = options;
    const { dialect, checksums, pageSize, maxSkewMs, faults = [] } = options;
    this.bucket = bucket;
    const account = { accessKeyId, secretAccessKey, region, bucket };
    this.#service = new S3Service(account, options.clock ?? new SystemClock(), { ...DEFAULT_S3_SETTINGS });
    this.configure({ dialect, checksums, pageSize, maxSkewMs });
    for (const fault of faults) this.injectFault(fault);
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Without a slash at the end. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  /** What a client of `@aws-sdk/client-s3` needs to use this sandbox. It has the secret key. */
  get clientOptions() {
    const { accessKeyId, secretAccessKey, region } = this.#service.account;
    return { endpoint: this.url, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } };
  }

  /** Change settings while it runs. */
  configure(change: Partial<S3SandboxSettings>): void {
    for (const [name, value] of Object.entries(change)) {
      if (!(name in DEFAULT_S3_SETTINGS)) throw new TypeError(`The sandbox has no setting '${name}' to change.`);
      if (value !== undefined) Object.assign(this.#service.settings, { [name]: value });
    }
  }

  /** Disturb the requests that fit; the oldest fault that fits and has hits left wins. */
  injectFault(fault: S3Fault): FaultHandle {
    const injected = { fault, hits: 0 };
    this.#faults.push(injected);
    return {
      get hits() {
        return injected.hits;
      },
      clear: () => {
        this.#faults = this.#faults.filter((other) => other !== injected);
      },
    };
  }

  /** End all faults; requests that hang already keep hanging. */
  clearFaults(): void {
    this.#faults = [];
  }

  /** What is stored, by its key: to look at, and to change as a person with access to the disks could. */
  get objects(): {
    keys(): string[];
    get(key: string): Buffer | undefined;
    set(key: string, bytes: Buffer): void;
    delete(key: string): void;
  } {
    const { objects, clock } = this.#service;
    return {
      keys: () => [...objects.keys()].sort(),
      get: (key) => objects.get(key)?.bytes,
      set: (key, bytes) => void objects.set(key, { bytes, headers: {}, modifiedAt: clock.now() }),
      delete: (key) => void objects.delete(key),
    };
  }

  /** Every request in the order of arrival, copies. */
  journal(): readonly S3JournalEntry[] {
    return this.#service.journal.snapshot();
  }

  /** What the client must not have done, copies. */
  violations(): readonly S3Violation[] {
    return this.#service.violations.snapshot();
  }

  /** Stop listening and cut every connection. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    let target: S3Target;
    try {
      target = this.#service.targetOf(method, url);
    } catch {
      request.resume();
      return send(response, failure(400, 'InvalidURI', "Couldn't parse the specified URI."));
    }
    const { operation, key, query } = target;
    const entry = this.#service.journal.add({ operation, key: key || (query.get('prefix') ?? ''), status: 0 });
    const fault = this.#hit(target);
    if (fault) entry.fault = fault.kind;
    const isWriting = operation === 'PutObject';
    if (isWriting) this.#count(key, 1);
    try {
      const body = await buffer(request);
      if (fault?.kind === 'hang') return;
      if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy();
      const reply = failureOf(fault) ?? this.#service.respond(target, { method, target: url, headers, body });
      if (fault?.kind === 'lost-response') return void response.socket?.destroy();
      // Before it is sent: a client that has the response finds it in the journal.
      entry.status = reply.status;
      if (reply.code !== undefined) entry.code = reply.code;
      if (fault?.kind === 'slow') await pause(fault.delayMs, response);
      if (fault?.kind === 'truncated') return sendHalf(response, reply);
      send(response, reply);
    } catch {
      // A client that leaves in the middle of its body has sent no request.
      response.destroy();
    } finally {
      if (isWriting) this.#count(key, -1);
    }
  }

  #hit({ operation, key }: S3Target): S3Fault | undefined {
    const found = this.#faults.find(({ fault, hits }) => {
      const fits = (fault.operation ?? operation) === operation && key.includes(fault.key ?? '');
      return fits && hits < (fault.times ?? Infinity);
    });
    if (found) found.hits += 1;
    return found?.fault;
  }

  #count(key: string, change: number): void {
    const { writing } = this.#service;
    const count = (writing.get(key) ?? 0) + change;
    if (count > 0) writing.set(key, count);
    else writing.delete(key);
  }
}

function failureOf(fault: S3Fault | undefined): S3Response | undefined {
  switch (fault?.kind) {
    case 'slow-down':
      return failure(503, 'SlowDown', 'Please reduce your request rate.');
    case 'conflict':
      return failure(409, 'ConditionalRequestConflict', 'A conflicting operation occurred. Retry the request.');
    case 'error':
      return failure(fault.status, fault.code, 'A fault that was injected.');
    default:
      return undefined;
  }
}

function send(response: ServerResponse, { status, headers, body = '' }: S3Response): void {
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, { 'x-amz-request-id': 'SANDBOX', 'content-length': length, ...headers }).end(body);
}

/** Promise the whole body, send half of it, and close the connection. */
function sendHalf(response: ServerResponse, { status, headers, body = '' }: S3Response): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': String(bytes.length) });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy());
}

/** Ends early when the client leaves. */
async function pause(delayMs: number, response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function random(length: number): string {
  return randomBytes(length).toString('base64url').replaceAll(/[-_]/g, 'x').slice(0, length);
}
