/** What a form with an image may have: one file and one text more than are taken, so that they are seen and refused. */
export const UPLOAD_LIMITS = {
  files: 2,
  /** Bytes of the file. The library refuses images above 3 MB of Base64, which is less, with an error that says so. */
  fileSize: 2_500_000,
  /** Text fields: `orderNo` and `userId`. */
  fields: 3,
  /** Bytes of a field's text and of its name. */
  fieldSize: 128,
  fieldNameSize: 64,
  headerPairs: 20,
} as const;
