'use strict';
const { mkdirSync, readFileSync, renameSync } = require('node:fs');
const path = require('node:path');
const { compile } = require('./backend.cjs');
const { run } = require('./process.cjs');

/** An application without the optional peers, which are taken away for it: the last one of an installation. @returns their names */
async function tryWithoutOptionalPeers(folder, kind) {
  const manifest = path.join(folder, 'node_modules/nestjs-bankcard-ocr/package.json');
  const optional = Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).peerDependenciesMeta);
  for (const [index, name] of optional.entries()) {
    mkdirSync(path.join(folder, 'taken-away'), { recursive: true });
    renameSync(path.join(folder, 'node_modules', name), path.join(folder, 'taken-away', String(index)));
  }
  // The declarations say the same in both builds: checking one is enough.
  const checksPackage = kind === 'commonjs';
  const way = { kind, module: 'nodenext', moduleResolution: 'nodenext', source: 'bare', checksPackage };
  const dist = await compile(folder, way);
  await run(process.execPath, [path.join(dist, 'first-result.js')], { cwd: folder });
  return optional;
}

module.exports = { tryWithoutOptionalPeers };
