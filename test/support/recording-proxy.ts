import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Everything secret that went through, by what it is. */
export type Canaries = ReadonlyMap<string, ReadonlySet<string>>;

/** Orders that begin so are answered with a failure whose message repeats everything that was sent and is secret. */
export const ECHO_ORDER = 'echo';
/** Orders that begin so are cut off before any answer. */
export const CUT_ORDER = 'cut';

const SECRET_PARAMETERS = ['secret', 'access_token', 'sign'];
/** Enough of a photo to be sure that it is one. */
const PHOTO_SAMPLE = { from: 600, length: 60 };

/** Stands between the library and the sandbox and remembers all secrets that pass, so that a test can look for them. */
export class RecordingProxy {
  readonly canaries = new Map<string, Set<string>>();
  /** Answer every request as an {@link ECHO_ORDER} is answered. */
  echoesAll = false;
  /** The nonces that went through. */
  readonly nonces = new Set<string>();
  /** Every `bizSeqNo`: not secret, logged on purpose, and in no span or metric. */
  readonly serialNumbers = new Set<string>();
  readonly #server = createServer((request, response) => {
    void this.#forward(request, response).catch(() => response.destroy());
  });

  private constructor(private readonly target: string) {}

  static async start(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { searchParams } = new URL(request.url ?? '', this.target);
    for (const name of SECRET_PARAMETERS) this.#remember(name, searchParams.get(name));
    const nonce = searchParams.get('nonce');
    if (nonce !== null) this.nonces.add(nonce);
    const orderNo = searchParams.get('order_no') ?? '';
    const sent = await buffer(request);
    const body = sent.length === 0 ? {} : { body: new Uint8Array(sent) };
    if (sent.length > 0) this.#rememberBody(JSON.parse(sent.toString()));
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(this.target + request.url, { method: request.method ?? 'GET', headers, ...body });
    const text = await answer.text();
    this.#rememberAnswer(JSON.parse(text));
    if (orderNo.startsWith(CUT_ORDER)) {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(this.echoesAll || orderNo.startsWith(ECHO_ORDER) ? this.#echo(request.url ?? '') : text);
  }

  #echo(url: string): string {
    const all = [...this.canaries.values()].flatMap((values) => [...values]);
    return JSON.stringify({ code: '400103', msg: `denied: ${url} ${decodeURIComponent(url)} ${all.join(' ')}` });
  }

  #rememberBody(json: Record<string, unknown>): void {
    this.#remember('sign', json['sign']);
  }

  #rememberAnswer(json: unknown): void {
    JSON.stringify(json, (key, value: unknown) => {
      if (key === 'access_token' || key === 'value') this.#remember(key, value);
      if (key === 'bizSeqNo') this.serialNumbers.add(String(value));
      if (/^bankCardNo$/i.test(key)) this.#remember('card number', value);
      if (/photo$/i.test(key) && typeof value === 'string') {
        this.#remember('photo', value.slice(PHOTO_SAMPLE.from, PHOTO_SAMPLE.from + PHOTO_SAMPLE.length));
      }
      return value;
    });
  }

  #remember(what: string, value: unknown): void {
    if (typeof value !== 'string' || value === '') return;
    this.canaries.set(what, (this.canaries.get(what) ?? new Set()).add(value));
  }
}

/** Which canaries a text shows: raw, in any letter case, URL-encoded or in Base64. */
export function leaksIn(text: string, canaries: Canaries): string[] {
  const lower = text.toLowerCase();
  const leaks = new Set<string>();
  for (const [what, values] of canaries) {
    for (const value of values) {
      const base64 = Buffer.from(value).toString('base64');
      const spellings = [
        value,
        encodeURIComponent(value),
        base64.replace(/=+$/, ''),
        Buffer.from(value).toString('base64url'),
      ];
      if (spellings.some((spelling) => lower.includes(spelling.toLowerCase()))) leaks.add(what);
    }
  }
  return [...leaks];
}
