import { setTimeout as pause } from 'node:timers/promises';
import type { Instance } from './instance.js';

const CALLERS = 4;
/** Between two queries of a caller: the fleet is shown at work, not at its limit. */
const PAUSE_MS = 50;

/** Queries to every instance that is in the list, one after the other, by several callers, as long as something lasts. */
export async function loadDuring(fleet: readonly Instance[], action: () => Promise<void>): Promise<LoadReport> {
  const report: LoadReport = { queries: 0, failed: [] };
  const end = new AbortController();
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!end.signal.aborted) {
      const number = (report.queries += 1);
      const failure = await failureOf(fleet[number % fleet.length], `bank-cards/order${number}`);
      if (failure !== undefined) report.failed.push(failure);
      await pause(PAUSE_MS);
    }
  });
  try {
    await action();
  } finally {
    end.abort();
    await Promise.all(callers);
  }
  return report;
}

export interface LoadReport {
  queries: number;
  /** What was wrong, one for each query that failed. */
  readonly failed: string[];
}

async function failureOf(instance: Instance | undefined, route: string): Promise<string | undefined> {
  try {
    const answer = await instance?.ask(route);
    return answer?.ok ? undefined : `${route}: ${answer?.text}`;
  } catch (error) {
    return `${route}: ${String(error)}`;
  }
}
