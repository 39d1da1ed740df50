const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest's environment for Node.js, in which a file is compiled once in each worker, not once for each test file.
 *
 * Jest compiles with `vm.compileFunction`, whose code V8 does not share between contexts: 260 times Nest, RxJS and the library
 * took a fifth of the time of the suite. The code of a `vm.Script` is shared; modules, and all that they hold, are as separate
 * as before. Should Jest compile otherwise one day, this has no effect.
 */
const compileFunction = vm.compileFunction;
const scripts = new Map();

vm.compileFunction = (source, parameters, options) => {
  // Without the option `importModuleDynamically`: SWC makes `require()` of each `import()`.
  const { filename, parsingContext } = options ?? {};
  if (!filename || !parsingContext) return compileFunction(source, parameters, options);
  const head = `(function (${parameters.join(',')}) {`;
  const known = scripts.get(filename);
  if (known?.source === source && known.head === head) return known.script.runInContext(parsingContext);
  // In stack traces, the first line begins where it does in the file.
  const script = new vm.Script(`${head}${source}\n})`, { filename, columnOffset: -head.length });
  scripts.set(filename, { source, head, script });
  return script.runInContext(parsingContext);
};

module.exports = TestEnvironment;
