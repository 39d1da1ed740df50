import { PICTURED_CARD_NUMBER } from './invented-card.js';
import type { SandboxOrder } from './sandbox-order.js';

/** Order numbers that every sandbox knows. */
export const EXAMPLE_ORDERS = {
  /** A clean card, valid until 09/2031; its number is the one on the photos. */
  clean: 'exampleCleanCard',
  /** An expired card (66661009) on a photocopy (-9113). */
  warned: 'exampleExpiredPhotocopy',
  /** A card that shows no validity, and whose crop is empty for good. */
  noValidity: 'exampleNoValidity',
} as const;

export const EXAMPLES: readonly SandboxOrder[] = [
  { orderNo: EXAMPLE_ORDERS.clean, bankCardNo: PICTURED_CARD_NUMBER, clarity: '92' },
  { orderNo: EXAMPLE_ORDERS.warned, bankCardValidDate: '12/2024', warnings: ['-9113', '66661009'] },
  { orderNo: EXAMPLE_ORDERS.noValidity, bankCardValidDate: '', photos: 'no-crop' },
];
