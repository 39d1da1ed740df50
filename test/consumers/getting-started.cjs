'use strict';
// A newcomer who has docs/getting-started.md and an empty folder: its files are written, its commands run, its outputs compared.
const assert = require('node:assert/strict');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { blocksOf } = require('../support/page-blocks.cjs');
const { freePort, Newcomer, ROOT } = require('./readme.cjs');

const NEW_FOLDER = /^mkdir (?<name>[\w-]+) && cd \k<name> && /;
/** A block for one version of Nest. */
const FOR_NEST = /@nestjs\/core@(?<major>\d+)/;
/** A block that says its name is a file. */
const FILE = /^(?:\/\/|#) (?<name>[\w./-]+\.(?:ts|json|env)|\.env)\n/;
/** A file of the README that this page sends for, before the file that uses it. */
const FROM_README = { name: 'app.module.ts', before: 'src/health.controller.ts' };
/** The account of a reader: the page does nothing with it that can be tried. */
const NOT_WRITTEN = '.env';

/** Follow a page on a major version of Nest. @returns how many commands, files and outputs were tried */
async function followGettingStarted(page, major, folder, tarball) {
  const beginner = new Beginner(page, major, folder, tarball);
  try {
    return await beginner.follow();
  } finally {
    await beginner.stop();
  }
}

class Beginner extends Newcomer {
  async follow() {
    mkdirSync(this.folder, { recursive: true });
    this.port = await freePort();
    let compared;
    for (const [index, block] of this.blocks.entries()) {
      const next = this.blocks[index + 1];
      const name = FILE.exec(block.code)?.groups.name;
      if (name !== undefined) this.put(name, block.code);
      else if (block.language === 'sh') {
        compared = next;
        await this.type(block.code.trim(), next);
      } else
        assert.equal(block, compared, `a block of ${this.page} is no file, no command and no output: ${block.code}`);
    }
    assert.ok(this.backend, `${this.page} makes no folder`);
    this.checkOwnVariables();
    return this.counts;
  }

  async type(command, next) {
    const created = NEW_FOLDER.exec(command)?.groups;
    if (created) {
      await this.runToEnd(command, this.folder);
      this.counts.commands += 1;
      this.moveInto(created.name);
      return;
    }
    const { major } = FOR_NEST.exec(command)?.groups ?? { major: this.major };
    if (major !== this.major) return;
    // As in a terminal one command after the other, but a failed one must not go unnoticed.
    await this.run(command.includes('\n') ? `set -e\n${command}` : command, next);
  }

  put(name, code) {
    if (name === NOT_WRITTEN) return;
    if (name === FROM_README.before) this.copyFromReadme();
    mkdirSync(path.dirname(path.join(this.backend, name)), { recursive: true });
    writeFileSync(path.join(this.backend, name), code);
    this.counts.files += 1;
  }

  copyFromReadme() {
    const language = /(?:\.zh-CN)?\.md$/.exec(this.page)[0];
    const { name } = FROM_README;
    const page = readFileSync(path.join(ROOT, this.page), 'utf8');
    assert.ok(page.includes(`\`src/${name}\``), `${this.page} does not say where ${name} belongs`);
    const blocks = blocksOf(readFileSync(path.join(ROOT, `README${language}`), 'utf8'));
    const { code } = blocks.find((block) => block.code.startsWith(`// ${name}\n`));
    this.put(`src/${name}`, code);
  }
}

module.exports = { followGettingStarted };
