import type { Writable } from 'node:stream';
import { Deadline } from '../call/deadline.js';
import { checkOrderNumber } from '../call/order-number.js';
import { limitsOf } from '../call/query-limits.js';
import { BankCardOcrError, invalidArgument } from '../errors/bank-card-ocr-error.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import { maySendAgain } from '../recognition/recognition.service.js';
import { SinkTargets } from '../results/download/download.js';
import { type PhotoMeta, SinkFailure } from '../results/download/sink.target.js';
import { type OcrResultServiceOptions, retrySigned } from '../results/order-query.js';
import { observed } from '../telemetry/instrumentation.js';
import type { AppIdField } from '../vendor/hosts.js';
import type { SignedEndpoint, SignedRequestClient } from '../vendor/signed-request.client.js';

/** A request to an endpoint of the product family that signs as a bank-card query does. */
export interface SignedRequest extends Pick<QueryLimits, 'timeoutMs' | 'attemptTimeoutMs' | 'maxAttempts'> {
  readonly method: 'GET' | 'POST';
  /** Below the base URL, e.g. `/api/server/getOcrResult`. */
  readonly path: string;
  /** 1 to 32 ASCII letters and digits: `order_no` of a GET, `orderNo` in URL and body of a POST. */
  readonly orderNo: string;
  /** Further parameters of the query string, e.g. `{ get_file: '1' }`; not signed. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Further members of the JSON body of a POST, e.g. `{ getFile: '1' }`; not signed. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  /**
   * By field names, e.g. `{ frontPhoto: () => createWriteStream(path) }`: Base64 is decoded while it arrives. A field
   * that ends in `photo` and is not named is dropped. Without sinks a response may have 256 KiB.
   */
  readonly sinks?: Readonly<Record<string, FileSink>> | undefined;
  /** The name of the app id. @default `app_id` for GET, `appId` for POST */
  readonly appIdField?: AppIdField | undefined;
  /** Whether it may be sent again when its outcome is unknown; not what is billed. @default true for GET only */
  readonly idempotent?: boolean | undefined;
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Called with the first bytes, once an attempt. The Writable is destroyed when that fails, unless it has finished. */
type FileSink = (meta: PhotoMeta) => Writable | Promise<Writable>;

interface SignedRequestServiceOptions extends Omit<OcrResultServiceOptions, 'results'> {
  readonly client: SignedRequestClient;
}

/** For siblings that sign the five values: they share our credentials, which a second client would end (section 5). */
export class SignedRequestService {
  constructor(private readonly options: SignedRequestServiceOptions) {}

  /**
   * Sign, send and repeat a request as a query is repeated, after failures only if it is `idempotent`.
   * @returns the JSON of the response as Tencent wrote it: it can hold personal data, and nothing in it is masked
   * @throws {@link BankCardOcrError} with a typed `code`, or the reason of `signal`
   * @example
   * const { result } = await signedRequests.send({ method: 'GET', path: '/api/server/getOcrResult', orderNo });
   */
  send(request: SignedRequest): Promise<Readonly<Record<string, unknown>>> {
    return observed(this.options.telemetry, 'signed_request', () => this.#send(request), { signal: request?.signal });
  }

  async #send(request: SignedRequest): Promise<Readonly<Record<string, unknown>>> {
    const { options: service } = this;
    const { timeoutMs: wholeMs, attemptTimeoutMs: timeoutMs, maxAttempts } = limitsOf(request, service.limits);
    const { orderNo, sinks } = request;
    checkOrderNumber(orderNo);
    const endpoint = readEndpoint(request);
    const { idempotent = endpoint.method === 'GET' } = request;
    const deadline = new Deadline(service.clock, wholeMs, request.signal);
    const call = { orderNo, timeoutMs, deadline, maxAttempts, ...(!idempotent && { mayRepeat: maySendAgain }) };
    try {
      return await retrySigned(service, call, async (attempt) => {
        const open = (field: string, meta: PhotoMeta) => sinks![field]!(meta);
        const targets = sinks && new SinkTargets({ orderNo, attempt: attempt.attempt }, open);
        try {
          const { json, damaged } = await service.client.send({ ...attempt, endpoint, targets });
          if (damaged.length === 0) return json;
          const message = `no readable Base64: ${damaged.join(', ')}`;
          throw new BankCardOcrError('PHOTO_DAMAGED', { message, retryable: false });
        } catch (error) {
          await targets?.abandon(error);
          throw error;
        }
      });
    } catch (error) {
      // The errors of a sink reach the caller as they are.
      throw error instanceof SinkFailure ? error.cause : error;
    } finally {
      deadline.close();
    }
  }
}

/** What is signed, and what says so: the caller's own values would make the signature wrong. */
const RESERVED = /^(app_?id|webankappid|order_?no|nonce|version|sign)$/i;
const PATH = /^(\/[A-Za-z0-9._-]+)+$/;

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT`; values are not repeated, they can be personal data */
function readEndpoint({ method, path, query = {}, body = {}, sinks = {}, appIdField }: SignedRequest): SignedEndpoint {
  demand(method === 'GET' || method === 'POST', "method must be 'GET' or 'POST'");
  demand(
    typeof path === 'string' && PATH.test(path) && !/\/\.\.?(\/|$)/.test(path),
    'path must begin with a slash and have no query, e.g. /api/server/getOcrResult',
  );
  demand(
    [undefined, 'app_id', 'appId', 'webankAppId'].includes(appIdField),
    'appIdField must be app_id, appId or webankAppId',
  );
  demand(isRecordOf(query, 'string'), 'query must be an object of texts');
  demand(isRecordOf(sinks, 'function'), 'sinks must be an object of functions, by the names of fields');
  const bodyFits = isRecordOf(body) && (method === 'POST' || Object.keys(body).length === 0);
  demand(bodyFits, 'body must be an object, and only a POST has one');
  const signed = [...Object.keys(query), ...Object.keys(body)].find((name) => RESERVED.test(name));
  demand(
    signed === undefined,
    `${signed} is set by the library: leave it out of query and body; the order number is orderNo`,
  );
  const files = Object.keys(sinks);
  return { method, path, query, body, files, appIdField: appIdField ?? (method === 'GET' ? 'app_id' : 'appId') };
}

function isRecordOf(value: unknown, type?: 'string' | 'function'): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return type === undefined || Object.values(value).every((member) => typeof member === type);
}

function demand(isMet: boolean, message: string): asserts isMet {
  if (!isMet) throw invalidArgument(message);
}
