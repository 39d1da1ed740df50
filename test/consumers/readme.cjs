'use strict';
// A newcomer who has one README and an empty folder: its files are written, its commands run, its outputs compared.
const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { blocksOf, masked } = require('../support/page-blocks.cjs');

const ROOT = path.join(__dirname, '../..');
/** In a clone of the repository; test/documents compares their outputs, and CI runs the first command of each. */
const IN_A_CLONE = [
  /^npm ci && npm (?:start|test)$/,
  /^npm ci && npm run build && npm pack \.\/libs\/bankcard-ocr$/,
  /^export DEMO_API_KEYS?=/,
  /^curl -H "x-api-key: /,
  /^curl .*\/(?:bank-cards\/(?:exampleExpiredPhotocopy|codeM9012)|photos\/original|sdk-launches)$/,
];
const NEW_BACKEND = /^npx @nestjs\/cli@(?<major>\d+) new (?<name>[\w-]+) /;
/** These run until they are stopped. */
const SERVERS = /\bnode (?:sandbox\.mjs|dist\/sandbox\.js \| tee sandbox\.env|--env-file=sandbox\.env dist\/main\.js)$/;
/** In the `.env` that a backend may have: no step of a page changes it. */
const OWN_VARIABLES = 'OWN_VARIABLE=1\n';
/** Nothing on a page takes so long, not even where everything else is checked at the same time. */
const TIME_LIMIT_MS = 1_200_000;
const SERVING_POLL_MS = 100;

/** Follow a page on a major version of Nest. @returns how many commands and outputs were tried */
async function followReadme(page, major, folder, tarball) {
  const newcomer = new Newcomer(page, major, folder, tarball);
  try {
    return await newcomer.follow();
  } finally {
    await newcomer.stop();
  }
}

class Newcomer {
  constructor(page, major, folder, tarball) {
    Object.assign(this, {
      page,
      major,
      folder,
      tarball,
      blocks: blocksOf(readFileSync(path.join(ROOT, page), 'utf8')),
    });
    /** Files of blocks that come before the backend that they belong to. */
    this.waiting = [];
    this.backend = undefined;
    this.servers = [];
    this.counts = { commands: 0, outputs: 0, files: 0 };
  }

  async follow() {
    mkdirSync(this.folder, { recursive: true });
    this.port = await freePort();
    for (const [index, { language, code }] of this.blocks.entries()) {
      if (language === 'sh') await this.type(code.trim(), this.blocks[index + 1]);
      if (language === 'ts' || language === 'js') this.writeFile(code);
    }
    assert.ok(this.backend, `${this.page} makes no backend on Nest ${this.major}`);
    assert.deepEqual(this.waiting, [], `${this.page} has files for no backend`);
    this.checkOwnVariables();
    return this.counts;
  }

  /** A block of TypeScript is a file in src/, one of JavaScript a script beside package.json; it says its name itself. */
  writeFile(code) {
    const name = /^\/\/ (\S+\.(?:ts|mjs))\n/.exec(code)?.[1];
    assert.ok(name, `a block of ${this.page} does not begin with the name of its file: ${code.slice(0, 60)}`);
    if (this.backend === undefined) {
      this.waiting.push(code);
      return;
    }
    writeFileSync(path.join(this.backend, name.endsWith('.ts') ? 'src' : '', name), code);
    this.counts.files += 1;
  }

  async type(command, next) {
    const created = NEW_BACKEND.exec(command)?.groups;
    if (created) {
      if (created.major === this.major) await this.createBackend(command, created.name);
    } else if (this.backend === undefined || IN_A_CLONE.some((pattern) => pattern.test(command))) {
      const isKnown = IN_A_CLONE.some((pattern) => pattern.test(command)) || command.startsWith('curl ');
      assert.ok(isKnown, `${this.page} has a command for no backend: ${command}`);
    } else await this.run(command, next);
  }

  async createBackend(command, name) {
    await this.runToEnd(command, this.folder);
    this.moveInto(name);
    for (const code of this.waiting.splice(0)) this.writeFile(code);
  }

  moveInto(name) {
    this.backend = path.join(this.folder, name);
    // "Copy it beside the package.json": the file that npm pack makes has this name.
    copyFileSync(this.tarball, path.join(this.backend, path.basename(this.tarball)));
    writeFileSync(path.join(this.backend, '.env'), OWN_VARIABLES);
  }

  checkOwnVariables() {
    const found = readFileSync(path.join(this.backend, '.env'), 'utf8');
    assert.equal(found, OWN_VARIABLES, `${this.page} overwrites a .env that was there`);
  }

  /** Run a command in the backend, and compare what it prints with the block that follows it. */
  async run(command, next) {
    this.counts.commands += 1;
    const local = command.replaceAll('127.0.0.1:3000', `127.0.0.1:${this.port}`);
    if (SERVERS.test(command)) {
      assert.equal(next?.language, 'text', `${this.page} does not show what this prints: ${command}`);
      await this.runServer(local, next.code);
      this.counts.outputs += 1;
      return;
    }
    if (command.startsWith('curl ')) await this.untilServing();
    const { printed, output } = await this.runToEnd(local, this.backend);
    const expected = next?.language === 'json' ? next.code : this.resultOf(command);
    if (next?.language === 'text') {
      assert.equal(masked(printed), masked(next.code), `${this.page}: ${command}`);
      this.counts.outputs += 1;
    } else if (expected !== undefined) {
      assert.deepEqual(JSON.parse(masked(printed)), JSON.parse(masked(expected)), `${this.page}: ${command}`);
      this.counts.outputs += 1;
    }
    // A runner of tests that found none would be content, too.
    if (command === 'npm test') assert.match(output, /card-binding\.spec\.ts/, `${this.page}: ${command}`);
  }

  /** The JSON further up that a page shows for the same order. */
  resultOf(command) {
    const orderNo = /\/bank-cards\/(\w+)$/.exec(command)?.[1];
    if (orderNo === undefined) return undefined;
    return this.blocks.find(({ language, code }) => language === 'json' && JSON.parse(code).orderNo === orderNo)?.code;
  }

  async runToEnd(command, cwd) {
    const { ended, output, printed } = this.start(command, cwd);
    const how = await ended;
    if (how !== 0) throw new Error(`${this.page}, Nest ${this.major}: ${command}: ${how}\n${output()}`);
    return { printed: printed(), output: output() };
  }

  /** Until a server has printed what is expected; it goes on running. */
  async runServer(command, expected) {
    const { child, ended, output } = this.start(command, this.backend);
    this.servers.push({ command, child, ended, output });
    const printed = new Promise((resolve) => {
      const look = () => masked(output()).includes(masked(expected)) && resolve('printed');
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
    });
    const how = await Promise.race([ended, printed]);
    if (how === 'printed') return;
    this.servers.pop();
    throw new Error(`${this.page}, Nest ${this.major}: ${command}: ${how}, without printing\n${expected}\n${output()}`);
  }

  /** Until something listens, a moment after the line of the log. @throws when a server ends by itself */
  async untilServing() {
    while (!(await isServing(this.port))) {
      const ended = this.servers.find(({ child }) => child.exitCode !== null || child.signalCode !== null);
      if (ended) throw new Error(`${this.page}, Nest ${this.major}: ${ended.command} ended\n${ended.output()}`);
      await new Promise((resolve) => setTimeout(resolve, SERVING_POLL_MS));
    }
  }

  start(command, cwd) {
    // A group of its own, so that what a command starts is stopped with it.
    const options = { cwd, env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'], detached: true };
    const child = spawn('bash', ['-c', command], options);
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGTERM'), TIME_LIMIT_MS);
    // The progress of curl goes to stderr where there is no terminal.
    let printed = '';
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (data) => (printed += data));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (data) => (text += data));
    const ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        resolve(signal ?? code);
      });
    });
    return { child, ended, output: () => text, printed: () => printed };
  }

  /** Nothing that configures the library on this machine; npm without its advice. */
  environment() {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/BANKCARD_OCR_|^npm_(?!config_)|^npm_config_local_prefix/i.test(name),
    );
    return {
      ...Object.fromEntries(kept),
      ...{ npm_config_audit: 'false', npm_config_fund: 'false', npm_config_prefer_offline: 'true' },
      ...{ npm_config_loglevel: 'error', npm_config_yes: 'true', npm_config_update_notifier: 'false' },
      ...{ CI: 'true', NO_COLOR: '1', PORT: String(this.port), PATH: pathWithCurl(this.folder) },
    };
  }

  async stop() {
    for (const { child, ended } of this.servers.splice(0).reverse()) {
      if (child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      await ended;
    }
  }
}

function isServing(port) {
  const socket = net.connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A machine that has nothing but Node.js gets a `curl` that prints what an address returns. */
function pathWithCurl(folder) {
  if (spawnSync('curl', ['--version']).status === 0) return process.env.PATH;
  const bin = path.join(folder, '.bin');
  mkdirSync(bin, { recursive: true });
  const script = `#!${process.execPath}
fetch(process.argv.at(-1)).then(async (one) => {
  if (process.argv.includes('--fail') && !one.ok) process.exit(22);
  process.stdout.write(await one.text());
}, () => process.exit(7));
`;
  if (!existsSync(path.join(bin, 'curl'))) writeFileSync(path.join(bin, 'curl'), script, { mode: 0o755 });
  return `${bin}${path.delimiter}${process.env.PATH}`;
}

module.exports = { followReadme, freePort, Newcomer, ROOT };
