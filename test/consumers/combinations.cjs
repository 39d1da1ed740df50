'use strict';

/**
 * The ways in which backends are compiled, and by which server each is tried. `checksPackage`: the declarations of the
 * package, and with them those of everything else, are checked too, which takes most of the time. `inRedis`: the first
 * account keeps its credentials there.
 */
module.exports = {
  nest11: [
    { kind: 'commonjs', module: 'commonjs', moduleResolution: 'node10', server: 'express' },
    { kind: 'commonjs', module: 'node16', moduleResolution: 'node16', server: 'fastify', inRedis: true },
    { kind: 'commonjs', module: 'nodenext', moduleResolution: 'nodenext', server: 'express' },
    { kind: 'module', module: 'nodenext', moduleResolution: 'nodenext', server: 'fastify' },
  ],
  nest12: [
    { kind: 'commonjs', module: 'nodenext', moduleResolution: 'nodenext', server: 'express' },
    { kind: 'module', module: 'node16', moduleResolution: 'node16', server: 'fastify', inRedis: true },
    { kind: 'module', module: 'nodenext', moduleResolution: 'nodenext', server: 'express' },
    { kind: 'module', module: 'esnext', moduleResolution: 'bundler', server: 'fastify', checksPackage: true },
  ],
};
