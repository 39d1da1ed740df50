import { errorTables } from './error-tables.js';
import { type GeneratedParts, withGenerated } from './generated-parts.js';
import { layerTable } from './layer-table.js';
import { optionTables } from './option-tables.js';
import type { PageLanguage } from './page-language.js';

interface GeneratedPage {
  readonly language: PageLanguage;
  readonly partsOf: (root: string, language: PageLanguage) => GeneratedParts;
}

/** The pages that have generated parts, by their path from the root. */
export const GENERATED_PAGES: Readonly<Record<string, GeneratedPage>> = {
  'docs/architecture.md': { language: 'en', partsOf: layerTable },
  'docs/configuration.md': { language: 'en', partsOf: optionTables },
  'docs/configuration.zh-CN.md': { language: 'zh', partsOf: optionTables },
  'docs/errors.md': { language: 'en', partsOf: errorTables },
  'docs/errors.zh-CN.md': { language: 'zh', partsOf: errorTables },
};

/** A page with its parts as the code is now; one without such parts as it is. */
export function generatedPage(root: string, name: string, page: string): string {
  const generated = GENERATED_PAGES[name];
  return generated ? withGenerated(page, generated.partsOf(root, generated.language)) : page;
}
