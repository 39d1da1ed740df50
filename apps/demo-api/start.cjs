'use strict';
// npm start: build when something has changed, then run the demo on its sandbox. Plain Node, no network.
const { spawn, spawnSync } = require('node:child_process');
const { existsSync, readdirSync, readFileSync, rmSync, statSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const ENTRY = path.join(ROOT, 'dist', 'apps', 'demo-api', 'src', 'start-with-sandbox.js');
/** What the build is made from. */
const INPUTS = [
  'apps/demo-api/src',
  'apps/demo-api/tsconfig.app.json',
  'libs/bankcard-ocr/src',
  'nest-cli.json',
  'package-lock.json',
  'tsconfig.json',
];
const NOT_BUILT = /\.(?:spec|test-support)\.ts$/;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function newestChange(file) {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats || NOT_BUILT.test(file)) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(file).map((name) => newestChange(path.join(file, name))));
}

function isUpToDate() {
  if (!existsSync(ENTRY)) return false;
  const builtAt = statSync(ENTRY).mtimeMs;
  return INPUTS.every((input) => newestChange(path.join(ROOT, input)) <= builtAt);
}

/** The Nest CLI of this workspace; npx could fetch another one. */
function nestCli() {
  const folder = path.join(ROOT, 'node_modules', '@nestjs', 'cli');
  if (!existsSync(folder)) {
    console.error('The packages are not installed. Run: npm ci\n尚未安装依赖，请先运行: npm ci');
    process.exit(1);
  }
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(folder, bin.nest);
}

function build() {
  console.log('正在构建 / Building ...');
  const { status } = spawnSync(process.execPath, [nestCli(), 'build', 'demo-api'], { cwd: ROOT, stdio: 'inherit' });
  if (status === 0) return;
  // What a failed build has left must not pass for a good one at the next start.
  rmSync(ENTRY, { force: true });
  process.exit(status ?? 1);
}

if (!isUpToDate()) build();

// Early Node 20.19 warns that a CommonJS file loads an ES module; Nest 12 consists of ES modules.
const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY], { stdio: 'inherit' });
for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
if (process.env.npm_lifecycle_event === 'start') {
  // npm passes a signal on to the shell between us, and that dies of it without a word: notice that it has gone.
  const shell = process.ppid;
  setInterval(() => process.ppid === shell || child.kill('SIGTERM'), 250).unref();
}
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  // Whoever sent the signal sees that this process, too, ended by it.
  for (const name of SIGNALS) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
