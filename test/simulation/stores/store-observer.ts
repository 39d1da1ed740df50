/** Is told what a process changed in the store, in the very step in which it changed. */
export interface StoreObserver {
  /** An operation has reached the store. */
  operation(by: string): void;
  /** A process asks for the lease while it has it. */
  asksForItsOwnLease(by: string): void;
  leaseTaken(by: string): void;
  leaseReleased(by: string): void;
  /** The text of the record before and after. */
  recordWritten(by: string, before: string | undefined, after: string | undefined): void;
}
