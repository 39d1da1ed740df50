import { knownToEveryCopy } from '../runtime/every-copy.js';

/**
 * Where an archive keeps its objects: small and large ones, each under a name, each written once. Names are made of letters,
 * digits, `.`, `-` and `/`, and hold no order number. A store of your own proves itself with `evidenceStoreContract()` of the
 * entry `/testing`.
 */
export abstract class EvidenceStore {
  static {
    knownToEveryCopy(this, 'evidence-store');
  }

  /** Check at startup what the archive relies on. @throws an error that says what to do */
  async open(): Promise<unknown> {
    return undefined;
  }

  /**
   * Write an object unless there is one of that name; it is durable and whole, or not there at all.
   *
   * @param bytes may be overwritten once the promise is settled: a store that keeps them in memory copies them
   * @param sha256 of the bytes, hexadecimal, when it is known: a store that has to send it need not compute it again
   * @returns false when there is one already, which stays as it is
   */
  abstract create(name: string, bytes: Buffer, sha256?: string): Promise<boolean>;
  /**
   * Write an object under a name that is used this once, and which nothing refers to before {@link flush}: a process that is
   * killed may leave a part of it. Parameters are those of {@link create}.
   * @default create()
   */
  async stage(name: string, bytes: Buffer, sha256?: string): Promise<void> {
    await this.create(name, bytes, sha256);
  }
  /** Make objects durable that {@link stage} has written. @default nothing: those that `create()` has written are */
  async flush(_names: readonly string[]): Promise<void> {}
  /** @returns undefined when there is none */
  abstract read(name: string): Promise<Buffer | undefined>;
  /** Remove an object; harmless when there is none. */
  abstract remove(name: string): Promise<void>;
  /** The names that begin with `prefix`, which is empty or ends with `/`, in the order of their characters. */
  abstract list(prefix: string): AsyncIterable<string>;
}
