/** Sets the clock of the whole process wrong, by SHIFT_MS: what `Date` says, as with a machine whose clock is wrong. */
const shiftMs = Number(process.env['SHIFT_MS'] ?? 0);
const TrueDate = Date;

globalThis.Date = class extends TrueDate {
  constructor(...given: [] | [value: number | string]) {
    super(...((given.length === 0 ? [TrueDate.now() + shiftMs] : given) as [number]));
  }

  static override now(): number {
    return TrueDate.now() + shiftMs;
  }
} as DateConstructor;
