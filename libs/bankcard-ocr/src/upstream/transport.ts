/** An answer whose head has come; the body is read as it arrives. */
export interface TransportAnswer {
  readonly status: number;
  /** One header, by its lower-case name. */
  header(name: string): string | undefined;
  /** The body, decompressed. Whoever stops early closes it by leaving the loop. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The seam to the network: one GET, never repeated, no redirects, any status an answer. What it throws may carry
 * anything: {@link Exchange} lets none of it out.
 */
export abstract class Transport {
  /**
   * @param pathAndQuery below the origin; contains secrets
   * @param signal ends the request and its body
   * @param freshConnection not on a connection that is kept: those may all have gone stale together
   */
  abstract get(pathAndQuery: string, signal: AbortSignal, freshConnection: boolean): Promise<TransportAnswer>;

  /** Close all connections. */
  abstract close(): void;
}
