import { createHmac } from 'node:crypto';

/** A keyed hash: without the app secret nobody finds an order number by trying. A new secret makes new references. */
export class OrderReferences {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = createHmac('sha256', secret).update('nestjs-bankcard-ocr order references').digest();
  }

  /** 16 hex digits in lower case. */
  of(orderNo: string): string {
    return createHmac('sha256', this.#key).update(orderNo).digest('hex').slice(0, 16);
  }
}
