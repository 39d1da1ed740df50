import { createHmac } from 'node:crypto';

/**
 * References of order numbers for log lines: a keyed hash. Without the app secret nobody can find out an order number by
 * trying; the application can compute the reference of a number that it knows, and look for its lines. A new app secret
 * makes new references.
 */
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
