/** The error of one class with which something fails. */
export async function failureWith<T extends Error>(
  type: new (...values: never[]) => T,
  failing: Promise<unknown>,
): Promise<T> {
  const error = await failing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof type) return error;
  throw new Error(`It did not fail with a ${type.name}.`, { cause: error });
}
