import { SignalCancellation } from '../runtime/abort.js';
import type { SecretText } from '../runtime/secret-text.js';
import { malformedResponse, readLifeMs } from './response/envelope.js';
import { isJsonObject, JsonResponseReader } from './response/json-response.js';
import type { VendorHttpClient, VendorResponse } from './http/vendor-http-client.js';

/** What the vendor documents when a response does not say (protocol.md section 1). */
const DOCUMENTED_TOKEN_LIFE_MS = 7_200_000;
const DOCUMENTED_TICKET_LIFE_MS = { SIGN: 3_600_000, NONCE: 120_000 };

/** A token or ticket as it was given. */
export interface IssuedCredential {
  readonly value: string;
  readonly lifeMs: number;
  /** The life is counted from the sending of the request. */
  readonly sentAt: VendorResponse['sentAt'];
}

/** What a NONCE ticket is asked for with. */
interface NonceTicketRequest {
  readonly accessToken: string;
  /** Of the user of the phone; the launch must carry the same one. */
  readonly userId: string;
  readonly generation: number;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** What the two types of tickets differ in. */
interface TicketRequest extends Omit<NonceTicketRequest, 'userId'> {
  readonly type: 'SIGN' | 'NONCE';
  readonly userId?: string;
}

/** Settings of an {@link AuthClient}. */
export interface AuthClientOptions {
  readonly appId: string;
  readonly secret: SecretText;
  readonly appIdParameter: string;
  readonly version: string;
  readonly paths: { readonly accessToken: string; readonly apiTicket: string };
  readonly timeoutMs: number;
}

/** The vendor's two auth endpoints (protocol.md section 2). */
export class AuthClient {
  constructor(
    private readonly http: VendorHttpClient,
    private readonly options: AuthClientOptions,
  ) {}

  /** Ask for an access token. From its response on, the previous token and its tickets have one overlap left. */
  accessToken(attempt: number, signal: AbortSignal): Promise<IssuedCredential> {
    const { appId, appIdParameter, secret, version, paths, timeoutMs } = this.options;
    const query = { [appIdParameter]: appId, secret: secret.reveal(), grant_type: 'client_credential', version };
    return this.http.send(
      {
        endpoint: 'access_token',
        pathAndQuery: pathAndQuery(paths.accessToken, query),
        secrets: [secret.reveal(), appId],
        urgent: true,
        timeoutMs,
        attempt,
        cancellation: new SignalCancellation(signal),
      },
      new JsonResponseReader(),
      ({ json, envelope, sentAt }) => {
        const value = json['access_token'];
        if (!isCredential(value)) throw malformedResponse('gave no readable access_token', envelope, false);
        return { value, lifeMs: readLifeMs(json['expire_in'], DOCUMENTED_TOKEN_LIFE_MS), sentAt };
      },
    );
  }

  /** Ask for the SIGN ticket of a token. */
  signTicket(accessToken: string, generation: number, attempt: number, signal: AbortSignal): Promise<IssuedCredential> {
    return this.#ticket({ type: 'SIGN', accessToken, generation, attempt, signal });
  }

  /** Ask for a NONCE ticket: one launch of the phone SDK by one user; it ends nothing (protocol.md section 5). */
  nonceTicket(request: NonceTicketRequest): Promise<IssuedCredential> {
    return this.#ticket({ ...request, type: 'NONCE' });
  }

  #ticket({ type, accessToken, userId, signal, ...request }: TicketRequest): Promise<IssuedCredential> {
    const { appId, appIdParameter, version, paths, timeoutMs } = this.options;
    const query: Record<string, string> = { [appIdParameter]: appId, access_token: accessToken, type, version };
    if (userId !== undefined) query['user_id'] = userId;
    return this.http.send(
      {
        endpoint: 'api_ticket',
        pathAndQuery: pathAndQuery(paths.apiTicket, query),
        secrets: [accessToken, appId, userId ?? ''],
        // Everybody waits for a SIGN ticket, and one user for a NONCE ticket.
        urgent: type === 'SIGN',
        timeoutMs,
        cancellation: new SignalCancellation(signal),
        ...request,
      },
      new JsonResponseReader(),
      ({ json, envelope, sentAt }) => {
        const tickets: unknown = json['tickets'];
        const ticket: unknown = Array.isArray(tickets) ? tickets[0] : tickets;
        const value = isJsonObject(ticket) ? ticket['value'] : undefined;
        if (!isJsonObject(ticket) || !isCredential(value)) {
          // Another SIGN ticket would end the one that cannot be read; a NONCE ticket ends none.
          throw malformedResponse('gave no readable ticket', envelope, type === 'NONCE');
        }
        return { value, lifeMs: readLifeMs(ticket['expire_in'], DOCUMENTED_TICKET_LIFE_MS[type]), sentAt };
      },
    );
  }
}

function pathAndQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query).toString()}`;
}

/** Tokens have 64 or 90 characters and tickets 64; other lengths are not refused, but anything else is no credential. */
function isCredential(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,1024}$/.test(value);
}
