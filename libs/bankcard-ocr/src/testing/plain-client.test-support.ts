import { createHash, randomBytes } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/**
 * The client of the sandbox's own specs: written from protocol.md alone, sharing no line with the library or with the
 * sandbox.
 */
export interface PlainResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body; `{}` when it is not JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a wire response can be anything, the specs look into it
  readonly json: any;
}

export interface Partner {
  readonly url: string;
  readonly appId: string;
  readonly secret: string;
}

type Parameters = Record<string, string | undefined>;
type JsonFields = Record<string, unknown>;

/** How something is posted. */
export interface PlainPost {
  readonly method?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export class PlainClient {
  readonly #agent: Agent;
  readonly #partner: Partner;

  constructor(partner: Partner, maxSockets = 50) {
    this.#partner = partner;
    this.#agent = new Agent({ keepAlive: true, maxSockets });
  }

  get(path: string, parameters: Parameters = {}, signal?: AbortSignal, method = 'GET'): Promise<PlainResponse> {
    return this.send(path, parameters, { method, signal });
  }

  send(
    path: string,
    parameters: Parameters,
    { method, signal, body, contentType }: PlainPost & { method: string },
  ): Promise<PlainResponse> {
    const query = Object.entries(parameters).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
    );
    const url = `${this.#partner.url}${path}?${query.join('&')}`;
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    return new Promise((resolve, reject) => {
      const call = request(url, { agent: this.#agent, signal, method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  }

  accessToken(change: Parameters = {}, signal?: AbortSignal): Promise<PlainResponse> {
    const { appId, secret } = this.#partner;
    const regular = { app_id: appId, secret, grant_type: 'client_credential', version: '1.0.0' };
    return this.get('/api/oauth2/access_token', { ...regular, ...change }, signal);
  }

  apiTicket(token: string, change: Parameters = {}, signal?: AbortSignal): Promise<PlainResponse> {
    const regular = { app_id: this.#partner.appId, access_token: token, type: 'SIGN', version: '1.0.0' };
    return this.get('/api/oauth2/api_ticket', { ...regular, ...change }, signal);
  }

  nonceTicket(token: string, userId: string): Promise<PlainResponse> {
    return this.apiTicket(token, { type: 'NONCE', user_id: userId });
  }

  query(orderNo: string, ticket: string, change: Parameters = {}, signal?: AbortSignal): Promise<PlainResponse> {
    const { appId } = this.#partner;
    const nonce = change['nonce'] ?? freshNonce();
    const regular = { app_id: appId, order_no: orderNo, nonce, version: '1.0.0' };
    const sign = sha1OfSorted([appId, orderNo, nonce, '1.0.0', ticket]);
    return this.get('/api/server/getBankCardOcrResult', { ...regular, sign, ...change }, signal);
  }

  /** @param change of the body; `orderNoInUrl` stands in the URL instead, and what is undefined is left out */
  recognize(orderNo: string, ticket: string, image: string, change: JsonFields = {}, how: PlainPost = {}) {
    const { appId } = this.#partner;
    const nonce = typeof change['nonce'] === 'string' ? change['nonce'] : freshNonce();
    const { orderNoInUrl = orderNo, ...rest } = change;
    const regular = { appId, version: '1.0.0', nonce, orderNo, bankcardStr: image };
    const sign = sha1OfSorted([appId, orderNo, nonce, '1.0.0', ticket]);
    const query = typeof orderNoInUrl === 'string' ? { orderNo: orderNoInUrl } : {};
    const body = JSON.stringify({ ...regular, sign, ...rest });
    const post = { method: 'POST', contentType: 'application/json', body, ...how };
    return this.send('/api/paas/bankcardocrapp', query, post);
  }

  /** Token and SIGN ticket, one after the other. */
  async refresh(): Promise<{ token: string; ticket: string }> {
    const token: string = (await this.accessToken()).json.access_token;
    const ticket: string = (await this.apiTicket(token)).json.tickets[0].value;
    return { token, ticket };
  }

  close(): void {
    this.#agent.destroy();
  }
}

export function freshNonce(): string {
  return randomBytes(16).toString('hex');
}

export function sha1OfSorted(values: string[]): string {
  return createHash('sha1')
    .update([...values].sort().join(''))
    .digest('hex')
    .toUpperCase();
}

/** Let the event loop turn until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
