import { TransportFault } from './transport-fault.js';
import type { TransportAnswer } from './transport.js';

/**
 * Read a whole body, counting while it arrives, after decompression: a length that was announced is not trusted.
 *
 * @throws TransportFault `ANSWER_TOO_LARGE`
 */
export async function collectBody(answer: TransportAnswer, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new TransportFault('ANSWER_TOO_LARGE', true, {
        message: `the answer is larger than ${maxBytes} bytes (maxAnswerBytes)`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
