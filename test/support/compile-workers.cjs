const { mkdirSync, readdirSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { transformFileSync } = require('@swc/core');

const ROOT = path.join(__dirname, '../..');
/** Inside the repository, so that the workers find node_modules; of its own for each run of jest. */
const TARGET = path.join(ROOT, '.tmp', `workers-${process.pid}`);
const SOURCES = ['libs/bankcard-ocr/src', 'apps/demo-api/src', 'test/workers'];
const OWN_NAME = /^nestjs-bankcard-ocr(\/(.+))?$/;

/**
 * Child processes cannot run decorated TypeScript on Node 20, so before the tests everything they need is compiled
 * once, file by file.
 */
module.exports = function compileWorkers() {
  for (const source of SOURCES) compileFolder(source);
  process.env.COMPILED_WORKERS = TARGET;
};

function compileFolder(folder) {
  for (const name of readdirSync(path.join(ROOT, folder))) {
    const relative = path.join(folder, name);
    if (statSync(path.join(ROOT, relative)).isDirectory()) compileFolder(relative);
    else if (name.endsWith('.ts') && !/\.(spec|contract|story)\.ts$/.test(name)) compileFile(relative);
  }
}

function compileFile(relative) {
  const { code } = transformFileSync(path.join(ROOT, relative), { configFile: path.join(ROOT, '.swcrc') });
  const target = path.join(TARGET, relative.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, withRelativeImports(code, path.dirname(target)));
}

/** The library's own name is only known to the compiler and to jest. */
function withRelativeImports(code, from) {
  return code.replace(/require\("([^"]+)"\)/g, (whole, name) => {
    const match = OWN_NAME.exec(name);
    if (!match) return whole;
    const index = path.join(TARGET, 'libs/bankcard-ocr/src', match[2] ?? '', 'index.js');
    return `require(${JSON.stringify(`./${path.relative(from, index)}`)})`;
  });
}
