import type { CardPhoto, CardPhotos, PhotoKind } from '../../card/card-photo.js';
import type { PhotoArrivals } from './incremental/result-answer.reader.js';
import { PHOTO_FIELDS, type ResultFields } from './result-fields.js';

/** The photos that came with an answer. */
export interface ArrivedPhotos {
  readonly arrivals: PhotoArrivals;
  /** Those that are kept in memory. */
  readonly kept: ReadonlyMap<PhotoKind, CardPhoto>;
}

/**
 * What is known of the photos of an answer.
 *
 * @param arrived undefined when they were not asked for
 */
export function readPhotos({ known }: ResultFields, arrived: ArrivedPhotos | undefined): CardPhotos {
  if (!arrived) return { status: 'absent', damaged: [] };
  const { arrivals, kept } = arrived;
  const damaged: PhotoKind[] = [];
  for (const [kind, field] of PHOTO_FIELDS) {
    if (arrivals.get(kind) === 'damaged' || (!arrivals.has(kind) && isNoText(known.get(field)))) damaged.push(kind);
  }
  const anyCame = damaged.length > 0 || arrivals.size > 0;
  return { status: anyCame ? 'complete' : 'pending', damaged, ...Object.fromEntries(kept) };
}

/** Nothing at all is a photo that has not come; anything but a text is a photo that came wrong. */
function isNoText(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
