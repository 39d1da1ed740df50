import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GENERATED_PAGES, generatedPage } from './generated-pages.js';

const root = process.cwd();

for (const name of Object.keys(GENERATED_PAGES)) {
  const file = path.join(root, name);
  const page = readFileSync(file, 'utf8');
  const generated = generatedPage(root, name, page);
  if (generated !== page) writeFileSync(file, generated);
  console.log(`${name} ${generated === page ? 'is as it was' : 'is written anew'}`);
}
