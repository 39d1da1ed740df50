/** One way to ask the vendor for results. */
export interface Contestant {
  readonly name: ContestantName;
  /** Ask for a result without photos. */
  query(orderNo: string): Promise<unknown>;
  /** Ask for a result with photos; whoever keeps what it gives keeps the photos as Buffers. */
  photos(orderNo: string): Promise<unknown>;
  close(): Promise<void>;
}

export const CONTESTANT_NAMES = ['receive', 'undici', 'axios', 'usual', 'ours-http', 'ours-undici'] as const;

/**
 * `receive` drops the bytes as they come; `undici` is `Pool.request` with `body.json()`; `axios` keeps its connections; `usual`
 * is `HttpService` with class-transformer and class-validator, as people write it; ours by either transport.
 */
export type ContestantName = (typeof CONTESTANT_NAMES)[number];

/** Which of the vendor's ports to use. */
export type Scheme = 'http' | 'https';

/** How many connections everybody may use. */
export const CONNECTIONS = 50;

/** What the others ask for: a request that was prepared before, unsigned, as the bench's vendor does not check. */
export function pathOf(orderNo: string, photos: boolean): string {
  const path = `/api/server/getBankCardOcrResult?app_id=IDA00001&order_no=${orderNo}`;
  const rest = '&version=1.0.0&nonce=kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T&sign=4AE72E6FBC2E9E1282922B013D1B4C2CBD38C4BD';
  return photos ? `${path}&get_file=1${rest}` : path + rest;
}

/** The answer's JSON, as far as the others read it. */
export interface AnswerJson {
  readonly code: string;
  readonly result: {
    readonly bankCardNo: string;
    readonly bankcardCropPhoto?: string;
    readonly bankcardNoPhoto?: string;
    readonly originBankcardPhoto?: string;
  };
}

/** The photos of an answer as bytes, the way everybody does it. */
export function decodePhotos({ result }: AnswerJson): Buffer[] {
  return [result.bankcardCropPhoto, result.bankcardNoPhoto, result.originBankcardPhoto].map((photo) =>
    Buffer.from(photo ?? '', 'base64'),
  );
}
