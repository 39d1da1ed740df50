/**
 * A doubt that the vendor reports about a card it recognised all the same. The vendor lets every one of them pass: the
 * partner decides (protocol.md section 6).
 */
export interface CardWarning {
  /** The vendor's warning code, e.g. `-9113`. */
  readonly code: string;
  /** What it means, in English; of a code that we do not know, a sentence that says so. */
  readonly en: string;
  /** What it means, in Chinese. */
  readonly zh: string;
}
