/** The version of this package, for what outlives the process. A spec compares it with package.json. */
export const LIBRARY_VERSION = '0.1.0';
