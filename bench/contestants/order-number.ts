import type { PhotoSize } from '../vendor/photo-size.js';

/** An order number by its position; with photos, its first letter tells the vendor their size. */
export function orderNumber(index: number, size: PhotoSize | 'S' = 'S'): string {
  return `${size}bankcardPic${String(index).padStart(18, '0')}`;
}
