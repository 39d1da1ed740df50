/** What work has cost, in microseconds. */
export interface Cost {
  /** Of the processor, user and system, by all threads of the process. */
  readonly cpu: number;
  /** Of the clock. */
  readonly time: number;
}

/** What work of this process costs. */
export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await work();
  const time = (performance.now() - began) * 1_000;
  const { user, system } = process.cpuUsage(before);
  return { cpu: user + system, time };
}
