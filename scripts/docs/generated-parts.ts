/** What is put into a page, by the name that stands in its marker. */
export type GeneratedParts = ReadonlyMap<string, string>;

const PART = /^<!-- generated: (?<name>[\w ]+) -->\n(?:.*?\n)??<!-- end -->$/gms;

/**
 * Put every part between its markers; what stands outside of them stays as it is.
 *
 * @throws when a marker names no part, or a part has no marker or several
 */
export function withGenerated(page: string, parts: GeneratedParts): string {
  const names = [...page.matchAll(PART)].map(({ groups }) => groups?.['name'] ?? '');
  const begun = page.match(/^<!-- generated: /gm) ?? [];
  const faults = [
    ...names.filter((name) => !parts.has(name)).map((name) => `nothing is generated that is called ${name}`),
    ...[...parts.keys()].filter((name) => !names.includes(name)).map((name) => `has no place for ${name}`),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `has two places for ${name}`),
    ...(begun.length === names.length ? [] : ['has a part without its end']),
  ];
  if (faults.length > 0) throw new Error(faults.join('; '));
  return page.replaceAll(PART, (_, name: string) => {
    return `<!-- generated: ${name} -->\n\n${parts.get(name)}\n\n<!-- end -->`;
  });
}
