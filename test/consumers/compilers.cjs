'use strict';

const usual = { target: 'ES2022', strict: true, esModuleInterop: true };
const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true };

/** The tsconfig.json that projects of each major begin with, which ts-jest and SWC read, too. */
module.exports = {
  nest11: { compilerOptions: { ...usual, ...decorators, module: 'commonjs', moduleResolution: 'node10' } },
  nest12: { compilerOptions: { ...usual, ...decorators, module: 'nodenext', moduleResolution: 'nodenext' } },
};
