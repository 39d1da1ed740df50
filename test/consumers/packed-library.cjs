'use strict';
const assert = require('node:assert/strict');
const { cpSync, mkdirSync, readdirSync, statSync } = require('node:fs');
const path = require('node:path');
const { buildLibrary } = require('../../scripts/build-library.cjs');
const { run } = require('./process.cjs');

const LIBRARY = path.join(__dirname, '../../libs/bankcard-ocr');
/** What is published; npm adds the manifest, the licence and the README by itself. */
const PUBLISHED =
  /^(?:dist\/(?:cjs|esm)\/.+\.(?:js|js\.map|d\.ts)|dist\/(?:cjs|esm)\/package\.json|LICENSE|README\.md|package\.json)$/;

/** Pack the library as it is now: the build that is there, or one of its own when that is older than the sources. @returns the file */
async function packLibrary(target) {
  const folder = path.join(target, 'library');
  const dist = path.join(folder, 'dist');
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'README.md', 'LICENSE']) {
    cpSync(path.join(LIBRARY, name), path.join(folder, name));
  }
  if (isUpToDate()) cpSync(path.join(LIBRARY, 'dist'), dist, { recursive: true });
  else buildLibrary(dist, ['--noCheck']);
  const output = await run('npm', ['pack', folder, '--json', '--loglevel=error'], { cwd: target });
  const [{ filename, files }] = JSON.parse(output);
  const others = files.map(({ path: name }) => name).filter((name) => !PUBLISHED.test(name));
  assert.deepEqual(others, [], 'the package has files that nobody needs');
  return path.join(target, filename);
}

/** Whether the usual build is younger than everything that it is made of. */
function isUpToDate() {
  // The last thing that a build writes.
  const built = statSync(path.join(LIBRARY, 'dist/esm/package.json'), { throwIfNoEntry: false });
  if (!built) return false;
  const sources = readdirSync(path.join(LIBRARY, 'src'), { recursive: true }).map((name) => path.join('src', name));
  return [...sources, 'tsconfig.lib.json', 'tsconfig.esm.json'].every(
    (name) => statSync(path.join(LIBRARY, name)).mtimeMs < built.mtimeMs,
  );
}

module.exports = { packLibrary };
