import { type Check, linkToOtherLanguage, type PageLanguage, sameCode } from './readme-checks.js';

/** What a guide (docs/getting-started.md and the like) must be, the other language's page being `other`. */
export function guideChecks(name: string, language: PageLanguage, other: string): Check[] {
  return [
    linkToOtherLanguage(name, language),
    sameCode(other, (page) => `${page}\n\`\`\`sh\nnpm stop\n\`\`\`\n`),
    {
      what: 'has the headings and the tables of the other language',
      faults: (page) => (shapeOf(page) === shapeOf(other) ? [] : ['another shape']),
      spoil: (page) => page.replace(/^## .*\n/m, '').replace(/^\| .*\n/m, ''),
    },
  ];
}

/** Levels of headings; of every row of a table the number of cells, and the names in its first one. */
function shapeOf(page: string): string {
  const prose = page.replaceAll(/^```.*?^```$/gms, '');
  const lines = prose.split('\n').flatMap((line) => {
    if (!line.startsWith('|')) return /^#+(?= )/.exec(line) ?? [];
    const cells = line.split('|').slice(1, -1);
    return [[cells.length, ...(cells[0]?.match(/`[^`]+`/g) ?? [])].join(' ')];
  });
  return lines.join('\n');
}
