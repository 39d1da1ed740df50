/** Whether an import has failed because a package is not installed, or a bundle has left it out. */
export function isPackageMissing(error: unknown, name: RegExp): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = /^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '') || /Cannot find (module|package)/.test(message);
  return isMissing && name.test(message);
}
