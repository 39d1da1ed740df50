'use strict';
// Before each test file: Jest's copy of `process` computes this list anew whenever it is read, which takes longer than a
// request over the loopback, and axios reads it for every request. Node.js itself computes it once.
Object.defineProperty(process, 'allowedNodeEnvironmentFlags', { value: process.allowedNodeEnvironmentFlags });
