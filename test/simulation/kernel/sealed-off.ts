import crypto from 'node:crypto';

/** What nothing in a run may use: the machine's own time and randomness. */
const FORBIDDEN: readonly (readonly [object, string])[] = [
  [Date, 'now'],
  [Math, 'random'],
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [crypto, 'randomUUID'],
  [crypto, 'randomBytes'],
  [crypto, 'randomFillSync'],
  [AbortSignal, 'timeout'],
];

/**
 * Do something while the machine's time and randomness cannot be had: whatever asks for them fails. The library gets all of
 * that handed in; this proves it, and hands nothing in.
 */
export async function sealedOff<T>(work: () => Promise<T>): Promise<T> {
  const used = new Set<string>();
  const restore = FORBIDDEN.map(([holder, name]) => forbid(holder, name, used));
  const RealDate = globalThis.Date;
  const realNow = restore[0]!.original as () => number;
  // Not the object itself: other files of tests in this process have it in common, and what they left behind may ask it.
  const realPerformance = globalThis.performance;
  const performanceOfRun = Object.create(realPerformance, {
    now: {
      value: () => {
        throw complaint('performance.now', used);
      },
    },
  }) as typeof performance;
  Object.defineProperty(globalThis, 'performance', { value: performanceOfRun, configurable: true, writable: true });
  globalThis.Date = class extends RealDate {
    constructor(...args: number[]) {
      if (args.length === 0 && isOurs()) throw complaint('new Date', used);
      super(...((args.length === 0 ? [realNow()] : args) as [number]));
    }
  } as DateConstructor;
  let result: T;
  try {
    result = await work();
  } finally {
    globalThis.Date = RealDate;
    Object.defineProperty(globalThis, 'performance', { value: realPerformance, configurable: true, writable: true });
    for (const { undo } of restore) undo();
  }
  // The library may have caught it, as it catches what a store throws.
  if (used.size > 0) throw complaint([...used].join(', '), used);
  return result;
}

function complaint(name: string, used: Set<string>): Error {
  used.add(name);
  return new Error(`${name}() was used in a simulation`);
}

/**
 * Whether the library or the simulation asks. What an earlier test file has left behind in this process, timers of a
 * client for example, may ask for the time as well, and is nobody's business here.
 */
function isOurs(): boolean {
  const frames = (new Error('where').stack ?? '').split('\n').filter((frame) => !/sealed-off\.[jt]s/.test(frame));
  return frames.some((frame) => /[/\\](bankcard-ocr[/\\]src|test[/\\]simulation)[/\\]/.test(frame));
}

function forbid(holder: object, name: string, used: Set<string>): { original: unknown; undo: () => void } {
  const own = Object.getOwnPropertyDescriptor(holder, name);
  const original = (holder as Record<string, (...args: unknown[]) => unknown>)[name]!;
  const value = function (this: unknown, ...args: unknown[]): unknown {
    if (isOurs()) throw complaint(name, used);
    return original.apply(this, args);
  };
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
  const undo = (): void => {
    if (own) Object.defineProperty(holder, name, own);
    else Reflect.deleteProperty(holder, name);
  };
  return { original, undo };
}
