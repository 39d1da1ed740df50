import type { JsonObject } from '../response/vendor-response.js';
import type { KycSandboxSettings } from '../kyc-sandbox.options.js';
import { VendorRequest } from './vendor-request.js';

/** What was posted. */
export interface PostedBody {
  readonly contentType: string | undefined;
  /** Undefined when it was longer than anything that is read. */
  readonly bytes: Buffer | undefined;
}

/** What makes a body unreadable. */
type BodyFault = 'too-large' | 'content-type' | 'body';

/** A POST of an image: one parameter stands in the query, all of them in a JSON body (protocol.md section 2). */
export class RecognitionRequest extends VendorRequest {
  readonly bodyFault: BodyFault | undefined;
  readonly #fields: JsonObject;
  readonly #appIdField: KycSandboxSettings['recognitionAppId'];

  constructor(query: string, posted: PostedBody, appIdField: KycSandboxSettings['recognitionAppId']) {
    super('bankcardocrapp', query);
    const read = fieldsOf(posted);
    this.bodyFault = typeof read === 'string' ? read : undefined;
    this.#fields = typeof read === 'string' ? {} : read;
    this.#appIdField = appIdField;
  }

  /** A field of the body. */
  override parameter(name: string): string | undefined {
    const value = this.#fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** The spellings of two families of hosts, or the only one of them that was set (protocol.md section 2). */
  override get appId(): string | undefined {
    if (this.#appIdField !== 'either') return this.parameter(this.#appIdField);
    return this.parameter('appId') ?? this.parameter('webankAppId');
  }

  override get orderNo(): string | undefined {
    return this.parameter('orderNo');
  }

  /** The order number in the URL, which must be the one in the body. */
  get orderNoInUrl(): string | undefined {
    return super.parameter('orderNo');
  }
}

function fieldsOf({ contentType = '', bytes }: PostedBody): JsonObject | BodyFault {
  if (!bytes) return 'too-large';
  if (!/^application\/json(\s*;|$)/i.test(contentType)) return 'content-type';
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : 'body';
  } catch {
    return 'body';
  }
}
