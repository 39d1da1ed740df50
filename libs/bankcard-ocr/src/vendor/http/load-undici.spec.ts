import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadUndiciTransport, UNDICI_RANGE } from './load-undici.js';
import { UndiciTransport } from './undici.transport.js';

const manifest = path.join(__dirname, '../../../package.json');

describe('the transport on undici', () => {
  it('is loaded with the undici that this package depends on', async () => {
    await expect(loadUndiciTransport()).resolves.toMatchObject({ UndiciTransport });
    const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: Record<string, string> };
    expect(dependencies['undici']).toBe(UNDICI_RANGE);
  });

  it.each<[string, () => Promise<object>, RegExp]>([
    ['an older major', async () => ({ Pool: class {} }), /is too old/],
    ['a newer major', async () => ({ cacheStores: {}, Dispatcher1Wrapper: class {} }), /is too new/],
    [
      'one that this Node.js cannot load',
      () => Promise.reject(new TypeError('bind of undefined')),
      /cannot be loaded \(TypeError\)/,
    ],
    [
      'none at all',
      () => Promise.reject(Object.assign(new Error("Cannot find package 'undici'"), { code: 'ERR_MODULE_NOT_FOUND' })),
      /ERR_MODULE_NOT_FOUND/,
    ],
  ])('refuses the start with %s, and tells which is needed', async (_which, load, reason) => {
    const failing = loadUndiciTransport(load);
    await expect(failing).rejects.toMatchObject({ code: 'CONFIGURATION', issues: [{ option: 'transport' }] });
    await expect(failing).rejects.toThrow(reason);
    await expect(failing).rejects.toThrow(/undici \^7\.16\.0, and the one that was found/);
  });
});
