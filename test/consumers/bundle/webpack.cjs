'use strict';
// webpack.cjs <entry> <output>: everything into one file, nothing left external.
const path = require('node:path');
const webpack = require('webpack');

const [entry, output] = process.argv.slice(2).map((file) => path.resolve(file));
/** What Nest itself loads only if it is there, as its documents tell to have it ignored. */
const optionalOfNest = /^(@nestjs\/(microservices|websockets|platform-express)|class-transformer|class-validator)/;
webpack(
  {
    target: 'node',
    mode: 'production',
    // Another bundle is minified; here that would take minutes.
    optimization: { minimize: false },
    entry,
    externals: [],
    output: { path: path.dirname(output), filename: path.basename(output) },
    plugins: [
      new webpack.IgnorePlugin({ resourceRegExp: optionalOfNest }),
      new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 }),
    ],
  },
  (error, stats) => {
    const problems = error ? [error] : stats.compilation.errors;
    for (const { message } of problems) console.error(message);
    process.exitCode = problems.length;
  },
);
