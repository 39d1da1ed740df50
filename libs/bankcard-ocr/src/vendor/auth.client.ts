import type { SecretText } from '../runtime/secret-text.js';
import { malformedResponse, readLifeMs } from './response/envelope.js';
import { isJsonObject, JsonResponseReader } from './response/json-response.js';
import type { AppIdFields } from './hosts.js';
import type { VendorHttpClient, VendorRequest, VendorResponse } from './http/vendor-http-client.js';

/** What Tencent documents when a response does not say (protocol.md section 1). */
const DOCUMENTED_TOKEN_LIFE_MS = 7_200_000;
const DOCUMENTED_TICKET_LIFE_MS = { SIGN: 3_600_000, NONCE: 120_000 };

/** A token or ticket as it was given. */
export interface IssuedCredential {
  readonly value: string;
  readonly lifeMs: number;
  /** The TTL counts from the sending of the request. */
  readonly sentAt: VendorResponse['sentAt'];
}

interface NonceTicketRequest {
  readonly accessToken: string;
  /** Of the user of the phone; the launch must carry the same one. */
  readonly userId: string;
  readonly generation: number;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export interface AuthClientOptions {
  readonly appId: string;
  readonly secret: SecretText;
  readonly appIdFields: Pick<AppIdFields, 'accessToken' | 'apiTicket'>;
  readonly version: string;
  readonly paths: { readonly accessToken: string; readonly apiTicket: string };
  readonly timeoutMs: number;
}

/** Tencent's two auth endpoints (protocol.md section 2). */
export class AuthClient {
  constructor(
    private readonly http: VendorHttpClient,
    private readonly options: AuthClientOptions,
  ) {}

  /** Ask for an access token. From its response on, the previous token and its tickets have one overlap left. */
  async accessToken(attempt: number, signal: AbortSignal): Promise<IssuedCredential> {
    const { secret } = this.options;
    const query = { secret: secret.reveal(), grant_type: 'client_credential' };
    const request = { endpoint: 'access_token', secrets: [secret.reveal()], urgent: true, attempt } as const;
    const { json, envelope, sentAt } = await this.#send('accessToken', query, request, signal);
    const value = json['access_token'];
    if (!isCredential(value)) throw malformedResponse('gave no readable access_token', envelope, false);
    return { value, lifeMs: readLifeMs(json['expire_in'], DOCUMENTED_TOKEN_LIFE_MS), sentAt };
  }

  async signTicket(
    accessToken: string,
    generation: number,
    attempt: number,
    signal: AbortSignal,
  ): Promise<IssuedCredential> {
    return this.#ticket('SIGN', { accessToken, generation, attempt, signal });
  }

  /** Ask for a NONCE ticket: one launch of the phone SDK by one user; it ends nothing (protocol.md section 5). */
  async nonceTicket(request: NonceTicketRequest): Promise<IssuedCredential> {
    return this.#ticket('NONCE', request);
  }

  async #ticket(
    type: 'SIGN' | 'NONCE',
    { accessToken, userId, signal, generation, attempt }: Omit<NonceTicketRequest, 'userId'> & { userId?: string },
  ): Promise<IssuedCredential> {
    const query = { access_token: accessToken, type, ...(userId !== undefined && { user_id: userId }) };
    const secrets = [accessToken, userId ?? ''];
    // Every request waits for a SIGN ticket, and one user for a NONCE ticket.
    const request = { endpoint: 'api_ticket', secrets, urgent: type === 'SIGN', generation, attempt } as const;
    const { json, envelope, sentAt } = await this.#send('apiTicket', query, request, signal);
    const tickets: unknown = json['tickets'];
    const ticket: unknown = Array.isArray(tickets) ? tickets[0] : tickets;
    const value = isJsonObject(ticket) ? ticket['value'] : undefined;
    if (!isJsonObject(ticket) || !isCredential(value)) {
      // Another SIGN ticket would end the one that cannot be read; a NONCE ticket ends none.
      throw malformedResponse('gave no readable ticket', envelope, type === 'NONCE');
    }
    return { value, lifeMs: readLifeMs(ticket['expire_in'], DOCUMENTED_TICKET_LIFE_MS[type]), sentAt };
  }

  async #send(
    path: keyof AuthClientOptions['paths'],
    query: Readonly<Record<string, string>>,
    request: Pick<VendorRequest, 'endpoint' | 'secrets' | 'urgent' | 'generation' | 'attempt'>,
    signal: AbortSignal,
  ): Promise<VendorResponse> {
    const { appId, appIdFields, version, paths, timeoutMs } = this.options;
    const parameters = new URLSearchParams({ [appIdFields[path]]: appId, ...query, version });
    return this.http.send(
      {
        ...request,
        pathAndQuery: `${paths[path]}?${parameters.toString()}`,
        secrets: [...request.secrets, appId],
        timeoutMs,
        cancellation: signal,
      },
      new JsonResponseReader(),
      (response) => response,
    );
  }
}

/** Tokens have 64 or 90 characters and tickets 64; other lengths are not refused, but anything else is no credential. */
function isCredential(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,1024}$/.test(value);
}
