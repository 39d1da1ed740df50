import path from 'node:path';
import { checkTypes } from '../support/readme-types.js';

const ROOT = path.join(__dirname, '../..');

const FILES = ['exact-options.ts', 'right-options.ts', 'wrong-options.ts'];

describe('an application that is compiled with exactOptionalPropertyTypes', () => {
  it('may give undefined for whatever it may leave out', () => {
    const { errors } = checkTypes(
      ROOT,
      FILES.map((name) => path.join(ROOT, 'test/types', name)),
    );
    expect([...errors]).toEqual(FILES.map((name) => [name, []]));
  });
});
