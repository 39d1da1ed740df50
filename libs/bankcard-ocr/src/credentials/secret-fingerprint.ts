import { createHmac } from 'node:crypto';

/**
 * Tells that a secret has changed without telling the secret, which is far too long to be guessed from it. Every process
 * writes it into the record (docs/ticket-record.md).
 *
 * @returns 32 hexadecimal digits
 */
export function secretFingerprint(appId: string, secret: string): string {
  return createHmac('sha256', secret).update(`nestjs-bankcard-ocr secret of ${appId}`).digest('hex').slice(0, 32);
}
