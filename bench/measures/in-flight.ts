/** Run tasks with so many in flight at once, until `total` are done. */
export async function inFlight(
  total: number,
  concurrency: number,
  run: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < total) await run(next++);
  };
  await Promise.all(Array.from({ length: Math.min(total, concurrency) }, worker));
}
