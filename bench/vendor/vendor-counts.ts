/** What the bench's vendor has seen since it started. */
export interface VendorCounts {
  tokens: number;
  tickets: number;
  /** Connections that were ever opened. */
  connections: { http: number; https: number };
}
