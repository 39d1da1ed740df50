/** Whether an option counts as not set: left out, or a text without anything in it, as an empty variable gives. */
export function isUnset(value: unknown): value is undefined | '' {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

/** The members of an object that are set. */
export function whatIsSet<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isUnset(value))) as Partial<Options>;
}
