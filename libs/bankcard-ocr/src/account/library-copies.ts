const COPIES = Symbol.for('nestjs-bankcard-ocr/copies');
const LOADED_TWICE = 'OCR_LIBRARY_LOADED_TWICE';

/** What all copies of this library in one process share. */
interface SharedByCopies {
  /** How many have been loaded. */
  count: number;
  /** By application, because one process may run several (tests do). Of what a copy keeps there, only that copy knows more. */
  readonly accounts: WeakMap<object, Set<unknown>>;
}

const shared = ((globalThis as Record<symbol, unknown>)[COPIES] ??= {
  count: 0,
  accounts: new WeakMap(),
}) as SharedByCopies;
shared.count += 1;
// Told when the second one is loaded, which is where it went wrong: an application rarely does that on purpose.
if (shared.count === 2 && !isTestRunner()) {
  process.emitWarning(
    'A second copy of nestjs-bankcard-ocr was loaded into this process. The classes of one copy are not those of the ' +
      'other: services cannot be injected or got by them. Load the ' +
      'library by require() everywhere, or by import everywhere (an import() in a CommonJS application loads the copy ' +
      'of ES modules), and install it once: npm ls nestjs-bankcard-ocr',
    { code: LOADED_TWICE },
  );
}

/** Whether another copy of this library is in the process: installed twice, or loaded by `require()` and by `import`. */
export function isLoadedTwice(): boolean {
  return shared.count > 1;
}

/** The accounts of an application, those of other copies of this library among them. */
export function accountsOf<Account>(application: object): Set<Account> {
  const accounts = shared.accounts.get(application) ?? new Set();
  shared.accounts.set(application, accounts);
  return accounts as Set<Account>;
}

/** A test runner loads the library anew for each file, or after a reset: that is no mistake. */
function isTestRunner(): boolean {
  return process.env['JEST_WORKER_ID'] !== undefined || process.env['VITEST'] !== undefined;
}
