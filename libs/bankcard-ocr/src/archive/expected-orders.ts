/** An order that should be in the archive. */
export interface ExpectedOrder {
  readonly orderNo: string;
  /** When the card was recognized, or the order was made: Tencent's retention counts from then on. */
  readonly recognizedAt: Date;
  /** A name of your own. @default 'default' */
  readonly retentionClass?: string | undefined;
}

/**
 * The orders that the application has, from its table or outbox: they are the truth about what should be in the archive.
 *
 * @example
 * class OrdersOfThisShop extends ExpectedOrders {
 *   async *since(time: Date) {
 *     for (const { orderNo, createdAt } of await this.orders.scannedSince(time)) yield { orderNo, recognizedAt: createdAt };
 *   }
 * }
 */
export abstract class ExpectedOrders {
  /** Every order whose card was recognized at `time` or later, the oldest first. Those that are kept may be among them. */
  abstract since(time: Date): AsyncIterable<ExpectedOrder>;
}
