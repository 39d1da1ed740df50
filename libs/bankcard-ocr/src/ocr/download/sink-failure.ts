/**
 * Marks an error as one of the place that the photos go to, not of the vendor or the network: asking again would not help.
 * It never leaves the library; the caller gets the {@link cause} as it is.
 */
export class SinkFailure extends Error {
  override name = 'SinkFailure';
  /** Whatever the sink failed with. */
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('the sink of a photo failed');
    this.cause = cause;
  }
}
