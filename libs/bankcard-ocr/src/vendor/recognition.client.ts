import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { Clock } from '../runtime/clock.js';
import { ResultResponseReader } from './response/incremental/result-response.reader.js';
import { PhotoBuffers } from './response/photo-buffers.js';
import { readResultResponse } from './response/result-response.js';
import type { VendorHttpClient } from './http/vendor-http-client.js';
import type { SignedAttempt } from './result.client.js';

interface ImageRequest extends SignedAttempt {
  readonly userId: string | undefined;
  readonly image: string;
}

export class RecognitionClient {
  constructor(
    private readonly http: VendorHttpClient,
    private readonly clock: Clock,
    private readonly options: {
      readonly path: string;
      /** Its name in the body; hosts differ. */
      readonly appIdField: string;
    },
  ) {}

  recognize({ signed, userId, image, ...request }: ImageRequest): Promise<BankCardOcrResult> {
    const { appId, orderNo, version, nonce, sign } = signed;
    const fields = { [this.options.appIdField]: appId, version, nonce, sign, orderNo, userId };
    const kept = new PhotoBuffers();
    const reader = new ResultResponseReader(kept);
    return this.http.send(
      {
        endpoint: 'bankcardocrapp',
        // Letters and digits: nothing has to be encoded.
        pathAndQuery: `${this.options.path}?orderNo=${orderNo}`,
        // The image is appended unencoded: an encoder would check each of its millions of characters.
        body: Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"bankcardStr":"${image}"}`),
        orderNo,
        secrets: [sign, nonce, appId, orderNo, userId ?? ''],
        ...request,
      },
      reader,
      ({ json, envelope }) => {
        const photos = { arrivals: reader.arrivals, kept: kept.photos };
        const result = readResultResponse(json, envelope, { orderNo, nowMs: this.clock.now(), photos });
        // The strip with the number comes by itself; the other photos were not requested, and may be there.
        return { ...result, photos: { ...result.photos, status: 'absent' } };
      },
    );
  }
}
