import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { Clock } from '../clock.js';
import { readResultAnswer } from './answer/result.answer.js';
import type { Exchange } from './exchange.js';

/** The signed values of a query, exactly as they are sent. */
export interface SignedQuery {
  readonly appId: string;
  readonly orderNo: string;
  readonly version: string;
  readonly nonce: string;
  readonly sign: string;
}

/** How one query is sent. */
export interface ResultRequest {
  readonly query: SignedQuery;
  readonly photos: boolean;
  readonly attempt: number;
  readonly generation: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The endpoint getBankCardOcrResult (protocol.md section 2). */
export class ResultClient {
  constructor(
    private readonly exchange: Exchange,
    private readonly clock: Clock,
    private readonly options: { readonly path: string; readonly appIdParameter: string },
  ) {}

  /** Send one signed query and read its answer. */
  async queryResult({ query, photos, ...request }: ResultRequest): Promise<BankCardOcrResult> {
    const { appId, orderNo, version, nonce, sign } = query;
    const { json, envelope } = await this.exchange.get({
      endpoint: 'getBankCardOcrResult',
      path: this.options.path,
      parameters: {
        [this.options.appIdParameter]: appId,
        order_no: orderNo,
        // Only exactly 1 asks for photos; the parameter is optional.
        ...(photos ? { get_file: '1' } : {}),
        nonce,
        version,
        sign,
      },
      secrets: [sign, nonce],
      ...request,
    });
    return readResultAnswer(json, envelope, { orderNo, photos, nowMs: this.clock.now() });
  }
}
