/** A block of code of a page. */
export interface PageBlock {
  /** The heading of the second level that it stands under; empty before the first one. */
  readonly heading: string;
  readonly language: string;
  readonly code: string;
}

export declare function blocksOf(page: string): PageBlock[];

/** An output without what differs from one run to the next: times, ports, serial numbers, signatures, nonces. */
export declare function masked(output: string): string;
