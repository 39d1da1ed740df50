'use strict';
const { spawn } = require('node:child_process');

/** Nothing takes so long, not even where everything else is checked at the same time. */
const TIME_LIMIT_MS = 3_600_000;
/** A machine that is busy with the other consumer is slow, too. */
const STOP_LIMIT_MS = 10_000;

/** Run a command to its end. @returns what it printed @throws with all of that when it fails */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, options);
    const output = outputOf(child);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output());
      else reject(new Error(`${[command, ...args].join(' ')}: ${signal ?? code}\n${output()}`));
    });
  });
}

/** Start a server; it is there when it has printed what is looked for. @returns what was found, and how to stop it */
async function serve(command, args, line, options) {
  const name = [command, ...args].join(' ');
  const child = start(command, args, options);
  const output = outputOf(child);
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
  const found = await new Promise((resolve, reject) => {
    child.stdout.on('data', () => {
      const match = line.exec(output());
      if (match) resolve(match);
    });
    void ended.then((how) => reject(new Error(`${name} ended (${how}) before it served\n${output()}`)));
  });
  return { found, output, stop: () => stop(child, ended, name, output) };
}

/** The process has to end by itself: whatever it has left open would keep it alive. */
async function stop(child, ended, name, output) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  const how = await ended;
  clearTimeout(timer);
  if (how !== 0)
    throw new Error(`${name} did not end by itself within ${STOP_LIMIT_MS} ms after SIGTERM: ${how}\n${output()}`);
}

function start(command, args, options) {
  return spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS });
}

function outputOf(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (data) => (text += data));
  return () => text;
}

module.exports = { run, serve };
