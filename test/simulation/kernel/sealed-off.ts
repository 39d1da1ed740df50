import crypto from 'node:crypto';

/** What nothing in a run may use: the machine's own time and randomness. */
const FORBIDDEN: readonly (readonly [object, string])[] = [
  [Date, 'now'],
  [Math, 'random'],
  [performance, 'now'],
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
  globalThis.Date = class extends RealDate {
    constructor(...args: number[]) {
      if (args.length === 0) throw complaint('new Date', used);
      super(...(args as [number]));
    }
  } as DateConstructor;
  let result: T;
  try {
    result = await work();
  } finally {
    globalThis.Date = RealDate;
    for (const restoreOne of restore) restoreOne();
  }
  // The library may have caught it, as it catches what a store throws.
  if (used.size > 0) throw complaint([...used].join(', '), used);
  return result;
}

function complaint(name: string, used: Set<string>): Error {
  used.add(name);
  return new Error(`${name}() was used in a simulation`);
}

function forbid(holder: object, name: string, used: Set<string>): () => void {
  const own = Object.getOwnPropertyDescriptor(holder, name);
  const value = (): never => {
    throw complaint(name, used);
  };
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
  return () => {
    if (own) Object.defineProperty(holder, name, own);
    else Reflect.deleteProperty(holder, name);
  };
}
