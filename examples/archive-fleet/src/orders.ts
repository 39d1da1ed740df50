import { readFile } from 'node:fs/promises';
import { type ExpectedOrder, ExpectedOrders } from 'nestjs-bankcard-ocr/archive';

/** The table of orders that an application has: here a file of lines, each an order number and when its card was recognized. */
export class OrdersInFile extends ExpectedOrders {
  constructor(private readonly file: string) {
    super();
  }

  async *since(time: Date): AsyncIterable<ExpectedOrder> {
    for (const line of (await readFile(this.file, 'utf8')).split('\n')) {
      const [orderNo, timestamp] = line.split(' ');
      const recognizedAt = new Date(Number(timestamp));
      if (orderNo && recognizedAt >= time) yield { orderNo, recognizedAt, retentionClass: 'loan-application' };
    }
  }
}
