import { setImmediate } from 'node:timers/promises';

/** Fail the specification at its end when one of its errors was heard by nobody: in an application it ends the process. */
export function expectNoErrorUnheard(): void {
  const unheard: unknown[] = [];
  const listen = (reason: unknown) => void unheard.push(reason);
  beforeAll(() => {
    process.on('unhandledRejection', listen).on('uncaughtException', listen);
  });
  afterAll(async () => {
    await setImmediate();
    process.off('unhandledRejection', listen).off('uncaughtException', listen);
    expect(unheard).toEqual([]);
  });
}
