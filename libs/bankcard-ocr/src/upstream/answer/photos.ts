import { CardPhoto, type CardPhotos, type PhotoKind } from '../../card/card-photo.js';
import type { ResultField, ResultFields } from './result-fields.js';

const FIELDS: readonly (readonly [kind: PhotoKind, field: ResultField])[] = [
  ['original', 'originalPhoto'],
  ['crop', 'cropPhoto'],
  ['number', 'numberPhoto'],
];

const NOT_IN_BASE64 = /[^A-Za-z0-9+/=\r\n]/;
const PADDING = /^={1,2}[\r\n]*$/;

/** Read the photos of an answer. Bytes are taken as they are: whether they are a picture is not for us to judge. */
export function readPhotos({ known }: ResultFields, askedFor: boolean): CardPhotos {
  if (!askedFor) return { status: 'absent', damaged: [] };
  const photos: Partial<Record<PhotoKind, CardPhoto>> = {};
  const damaged: PhotoKind[] = [];
  for (const [kind, field] of FIELDS) {
    const value = known.get(field);
    if (value === undefined || value === null || value === '') continue;
    const bytes = typeof value === 'string' && isBase64(value) ? Buffer.from(value, 'base64') : undefined;
    if (bytes === undefined || bytes.length === 0) damaged.push(kind);
    else photos[kind] = new CardPhoto(kind, bytes);
  }
  const anyCame = damaged.length > 0 || Object.keys(photos).length > 0;
  return { status: anyCame ? 'complete' : 'pending', damaged, ...photos };
}

/** With padding or none, line breaks allowed. In one pass: a single pattern would take hours over a hostile megabyte. */
function isBase64(text: string): boolean {
  const padding = text.indexOf('=');
  return !NOT_IN_BASE64.test(text) && (padding < 0 || PADDING.test(text.slice(padding)));
}
