import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { Clock } from '../runtime/clock.js';
import { JsonResponseReader } from './response/json-response.js';
import { ResultResponseReader } from './response/incremental/result-response.reader.js';
import { NOWHERE, PhotoBuffers, type PhotoTargets } from './response/photo-buffers.js';
import { readResultResponse } from './response/result-response.js';
import type { VendorHttpClient, VendorRequest } from './http/vendor-http-client.js';

export interface SignedQuery {
  readonly appId: string;
  readonly orderNo: string;
  readonly version: string;
  readonly nonce: string;
  readonly sign: string;
}

/** One attempt of a call that is signed as a query is. */
export interface SignedAttempt extends Pick<
  VendorRequest,
  'attempt' | 'generation' | 'timeoutMs' | 'cancellation' | 'onSend' | 'onProvenance'
> {
  readonly signed: SignedQuery;
}

/** Whether photos are requested, and where they go: `kept` in the result, or elsewhere. */
type PhotoWish = false | 'kept' | PhotoTargets;

/** The endpoint getBankCardOcrResult (protocol.md section 2). */
export class ResultClient {
  /** What is the same for every query, ready to be sent. */
  readonly #constantPart: string;

  constructor(
    private readonly http: VendorHttpClient,
    private readonly clock: Clock,
    options: {
      readonly path: string;
      readonly appIdField: string;
      readonly appId: string;
      readonly version: string;
    },
  ) {
    const { path, appIdField, appId, version } = options;
    this.#constantPart = `${path}?${new URLSearchParams({ [appIdField]: appId, version }).toString()}`;
  }

  /** @param accept is given the result and when it was read, by the wall clock; what it throws, the call throws */
  queryResult(
    request: SignedAttempt,
    photos: PhotoWish,
    accept: (result: BankCardOcrResult, nowMs: number) => BankCardOcrResult,
  ): Promise<BankCardOcrResult> {
    const { signed, timeoutMs, cancellation, attempt, generation, onProvenance } = request;
    const { appId, orderNo, nonce, sign } = signed;
    const kept = photos === 'kept' ? new PhotoBuffers() : undefined;
    const targets = photos === 'kept' ? kept : photos;
    const reader = targets ? new ResultResponseReader(targets) : undefined;
    // Letters and digits all of them: nothing has to be encoded. Only exactly 1 asks for photos.
    const values = `&order_no=${orderNo}&nonce=${nonce}&sign=${sign}${reader ? '&get_file=1' : ''}`;
    return this.http.send(
      // Member by member: to copy an object and add to it takes Node.js 20 microseconds.
      {
        endpoint: 'getBankCardOcrResult',
        pathAndQuery: this.#constantPart + values,
        orderNo,
        secrets: [sign, nonce, appId, orderNo],
        timeoutMs,
        cancellation,
        attempt,
        generation,
        onProvenance,
      },
      reader ?? new JsonResponseReader(readerOfLarge),
      ({ json, envelope }) => {
        const nowMs = this.clock.now();
        const arrived = reader && { arrivals: reader.arrivals, kept: kept?.photos ?? new Map() };
        return accept(readResultResponse(json, envelope, { orderNo, nowMs, photos: arrived }), nowMs);
      },
    );
  }
}

function readerOfLarge(): ResultResponseReader {
  return new ResultResponseReader(NOWHERE);
}
