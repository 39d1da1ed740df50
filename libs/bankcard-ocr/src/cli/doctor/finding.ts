import type { Text } from '../text.js';

/** What is looked at, in this order. */
export type CheckName =
  'configuration' | 'node' | 'dns' | 'connection' | 'clock' | 'store' | 'credentials' | 'refreshers' | 'live';

/** How something is: `fail` keeps the library from working, `warn` may one day, `skipped` was not looked at. */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'skipped';

/** Something that a check has found. Nothing in it is secret. */
export interface Finding {
  readonly check: CheckName;
  /** What of several, e.g. a host. */
  readonly about?: string;
  readonly status: FindingStatus;
  readonly found: Text;
  readonly todo?: Text;
  /** The same for programs: lengths of time in milliseconds, moments never. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** Make the findings of one check. */
export function findingsOf(check: CheckName) {
  return (status: FindingStatus, found: Text, rest: Pick<Finding, 'about' | 'todo' | 'facts'> = {}): Finding => {
    return { check, status, found, ...rest };
  };
}
