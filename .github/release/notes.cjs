'use strict';
// node .github/release/notes.cjs v1.2.3: prints what CHANGELOG.md says about the version, or fails when it is not ready.
const { readFileSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');

/**
 * What the changelog says about a version that is about to be published.
 *
 * @param tag of the release, `v1.2.3`
 * @param version of the package
 * @param changelog in the format of Keep a Changelog
 * @throws when the tag is not that of the version, or the changelog has no dated section of it, or an empty one
 */
function releaseNotes(tag, version, changelog) {
  if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, the version of the package ${version}.`);
  const sections = changelog.split(/^(?=## )/m).slice(1);
  const dated = new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d{2}-\\d{2}$`);
  const section = sections.map((text) => text.split('\n')).find(([heading = '']) => dated.test(heading));
  if (!section) throw new Error(`CHANGELOG.md has no heading "## [${version}] - yyyy-mm-dd".`);
  const notes = section.slice(1).join('\n').trim();
  if (!/^- /m.test(notes)) throw new Error(`CHANGELOG.md says nothing about ${version}.`);
  return notes;
}

module.exports = { releaseNotes };
if (require.main === module) {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'libs/bankcard-ocr/package.json'), 'utf8'));
  const changelog = readFileSync(path.join(ROOT, 'CHANGELOG.md'), 'utf8');
  try {
    process.stdout.write(`${releaseNotes(process.argv[2], version, changelog)}\n`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
