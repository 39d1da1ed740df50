import { type JsonObject, JsonResponseReader } from './response/json-response.js';
import { ResultResponseReader } from './response/incremental/result-response.reader.js';
import type { PhotoTargets } from './response/photo-buffers.js';
import { checkOrder, collectResultFields } from './response/result-response.js';
import { pathToShow, type VendorHttpClient } from './http/vendor-http-client.js';
import type { SignedAttempt } from './result.client.js';

/** One endpoint of the product family that takes the five-value signature, and what is sent to it besides. */
export interface SignedEndpoint {
  readonly method: 'GET' | 'POST';
  /** Below the base URL. */
  readonly path: string;
  readonly appIdField: string;
  readonly query: Readonly<Record<string, string>>;
  /** Further members of the body of a POST. */
  readonly body: JsonObject;
  /** The fields of the response whose Base64 is decoded while it arrives. */
  readonly files: readonly string[];
}

interface SignedEndpointRequest extends SignedAttempt {
  readonly endpoint: SignedEndpoint;
  /** Where {@link SignedEndpoint.files} go; none for a response that is read as it is. */
  readonly targets: PhotoTargets<string> | undefined;
}

/** Any endpoint of the product family that signs as a query does (protocol.md section 4). */
export class SignedRequestClient {
  constructor(
    private readonly http: VendorHttpClient,
    private readonly prefix: string,
  ) {}

  /** @returns the JSON, in which the fields that went elsewhere are empty, and those that were damaged */
  send({
    endpoint,
    signed,
    targets,
    ...request
  }: SignedEndpointRequest): Promise<{ readonly json: JsonObject; readonly damaged: readonly string[] }> {
    const { method, path, appIdField, query, body, files } = endpoint;
    const { appId, orderNo, version, nonce, sign } = signed;
    // The siblings write the order number as the endpoints for bank cards do: by the method (protocol.md section 2).
    const isGet = method === 'GET';
    const parameters = isGet
      ? { [appIdField]: appId, order_no: orderNo, nonce, version, sign, ...query }
      : { orderNo, ...query };
    const reader =
      targets && new ResultResponseReader<string>(targets, (name) => (files.includes(name) ? name : undefined));
    const secrets = [sign, nonce, appId, orderNo, ...textsIn(query), ...textsIn(body)];
    const shown = pathToShow(path, secrets);
    return this.http.send(
      {
        endpoint: shown.slice(shown.lastIndexOf('/') + 1),
        pathAndQuery: `${this.prefix}${path}?${new URLSearchParams(parameters).toString()}`,
        ...(!isGet && {
          body: Buffer.from(JSON.stringify({ [appIdField]: appId, version, nonce, sign, orderNo, ...body })),
        }),
        orderNo,
        secrets,
        ...request,
      },
      reader ?? new JsonResponseReader(),
      ({ json, envelope }) => {
        const { orderNumbers } = collectResultFields(json);
        checkOrder(
          orderNumbers.filter((value) => value !== null),
          orderNo,
          envelope,
        );
        const damaged = [...(reader?.arrivals ?? [])].filter(([, how]) => how === 'damaged').map(([field]) => field);
        return { json, damaged };
      },
    );
  }
}

/** Longer than any name or number of a person: an image, which no message repeats. */
const LONGEST_REPEATED = 64;

/** Any text of the caller's can name a person, and Tencent may repeat it. A flag of one character is none. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 1 && value.length <= LONGEST_REPEATED ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
