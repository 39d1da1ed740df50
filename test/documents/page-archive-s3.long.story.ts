import { writePages } from '../support/page-code.js';

const { load, remove } = writePages('docs/archive-s3.md');
afterAll(remove);

describe('docs/archive-s3.md', () => {
  load('evidence-in-a-bucket.spec.ts');
});
