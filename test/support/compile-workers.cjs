const { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { transformSync } = require('@swc/core');

const ROOT = path.join(__dirname, '../..');
const SOURCES = ['libs/bankcard-ocr/src', 'apps/demo-api/src', 'test/workers', 'test/simulation'];
const OWN_NAME = /^nestjs-bankcard-ocr(\/(.+))?$/;

/**
 * Child processes cannot run decorated TypeScript on Node 20, so before the tests everything they need is compiled
 * once, file by file.
 */
module.exports = function compileWorkers() {
  process.env.COMPILED_WORKERS = compileInto(`workers-${process.pid}`, SOURCES);
};
module.exports.compileInto = compileInto;
module.exports.compileFileInto = compileFileInto;

/**
 * Compile folders of the repository, for programs that run without jest.
 *
 * @param {string} name of the folder to make: inside the repository, so that the programs find node_modules
 * @param {readonly string[]} sources
 * @returns {string} the path of the folder
 */
function compileInto(name, sources) {
  const target = path.join(ROOT, '.tmp', name);
  for (const source of sources) compileFolder(source, target);
  return target;
}

function compileFolder(folder, target) {
  for (const name of readdirSync(path.join(ROOT, folder))) {
    const relative = path.join(folder, name);
    if (statSync(path.join(ROOT, relative)).isDirectory()) compileFolder(relative, target);
    else if (/\.(html|css|js|svg)$/.test(name)) copyInto(target, relative);
    else if (name.endsWith('.ts') && !/\.(spec|story)\.ts$/.test(name)) compileFileInto(target, relative);
  }
}

/** The page of the demo is served as it is. */
function copyInto(target, relative) {
  mkdirSync(path.dirname(path.join(target, relative)), { recursive: true });
  copyFileSync(path.join(ROOT, relative), path.join(target, relative));
}

/** @param {string} [text] of the file, when it is not to be compiled as it is */
function compileFileInto(target, relative, text = readFileSync(path.join(ROOT, relative), 'utf8')) {
  const { code } = transformSync(text, { filename: path.join(ROOT, relative), configFile: path.join(ROOT, '.swcrc') });
  const compiled = path.join(target, relative.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(compiled), { recursive: true });
  writeFileSync(compiled, withRelativeImports(code, path.dirname(compiled), target));
}

/** The library's own name is only known to the compiler and to jest. */
function withRelativeImports(code, from, target) {
  return code.replace(/require\("([^"]+)"\)/g, (whole, name) => {
    const match = OWN_NAME.exec(name);
    if (!match) return whole;
    const index = path.join(target, 'libs/bankcard-ocr/src', match[2] ?? '', 'index.js');
    return `require(${JSON.stringify(`./${path.relative(from, index)}`)})`;
  });
}
