/** Megabytes as disks count them: decimal. */
const MEGABYTE = 1_000_000;

/** How long the JSON of an answer with photos is, by the first letter of the order number. */
export const PHOTO_ANSWER_BYTES = { T: 4_000, M: 1.2 * MEGABYTE, L: 8 * MEGABYTE } as const;

/** The first letter of an order number: it says how large the photos are. */
export type PhotoSize = keyof typeof PHOTO_ANSWER_BYTES;
