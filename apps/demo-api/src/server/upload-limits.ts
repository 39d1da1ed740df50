/** What a form with an image may have; the library refuses images above 3 MB of Base64 before this does. */
export const UPLOAD_LIMITS = {
  files: 1,
  /** Bytes of the file. */
  fileSize: 2_500_000,
  /** Text fields: `orderNo` and `userId`. */
  fields: 2,
  /** Bytes of a field's text and of its name. */
  fieldSize: 128,
  fieldNameSize: 64,
  headerPairs: 20,
} as const;
