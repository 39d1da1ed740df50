import type { QueryLimits, WarningPolicy } from '../options/bankcard-ocr.options.js';

/** How one call about an order differs from the module's options. */
export interface OrderQueryOptions extends QueryLimits {
  /** What to do about the vendor's warnings. @default the module's */
  readonly warningPolicy?: WarningPolicy | undefined;
  /**
   * When the card was recognised, as you know it, e.g. when the phone reported. Tells a result that is not there yet from
   * one that the vendor no longer keeps, which it answers alike.
   */
  readonly recognizedAt?: Date | undefined;
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How one query differs from the module's options. */
export interface QueryOptions extends OrderQueryOptions {
  /** Ask for the photos too (`get_file=1`): an answer of megabytes. @default false */
  readonly photos?: boolean | undefined;
}
