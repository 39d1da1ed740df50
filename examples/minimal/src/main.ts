import { serve } from './serve.js';

console.log(`listening on ${await serve()}`);
