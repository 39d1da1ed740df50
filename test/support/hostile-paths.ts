import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/** Puts something at a path; what must end again is told to `onEnd`. */
export type Hostile = (where: string, onEnd: (end: () => void) => void) => void | Promise<void>;

/** What somebody who may write to a folder could put in the place of any file in it, other than a file of ours. */
export const HOSTILE_PATHS: readonly (readonly [what: string, put: Hostile])[] = [
  ['a named pipe', (where) => void execFileSync('mkfifo', [where])],
  [
    'a socket',
    async (where, onEnd) => {
      // Its path may be longer than one of a socket.
      const server = createServer().listen(path.relative(process.cwd(), where));
      await once(server, 'listening');
      onEnd(() => void server.close());
    },
  ],
  ['a link to a device without end', (where) => symlinkSync('/dev/zero', where)],
  ['a link to a device that never has anything', (where) => symlinkSync('/dev/tty', where)],
  [
    'a link to a named pipe',
    (where) => {
      execFileSync('mkfifo', [`${where}-pipe`]);
      symlinkSync(`${where}-pipe`, where);
    },
  ],
  [
    'a link to another file',
    (where) => {
      writeFileSync(`${where}-target`, 'of somebody else');
      symlinkSync(`${where}-target`, where);
    },
  ],
  ['a link that leads nowhere', (where) => symlinkSync(`${where}-nowhere`, where)],
  ['a link to itself', (where) => symlinkSync(where, where)],
  ['a link to a folder', (where) => symlinkSync('/', where)],
  ['a folder', (where) => mkdirSync(where)],
  [
    'a folder with something in it',
    (where) => {
      mkdirSync(where);
      writeFileSync(path.join(where, 'x'), '');
    },
  ],
  [
    'a file of 1.5 GB',
    (where) => {
      const file = openSync(where, 'w');
      ftruncateSync(file, 1_500_000_000);
      closeSync(file);
    },
  ],
  [
    'a hard link to another file',
    (where) => {
      writeFileSync(`${where}-target`, 'of somebody else');
      linkSync(`${where}-target`, where);
    },
  ],
  [
    'a file that its own user may not read',
    (where) => {
      writeFileSync(where, 'x');
      chmodSync(where, 0);
    },
  ],
  ['bytes that are no text', (where) => writeFileSync(where, Buffer.from([0, 0xff, 0xfe, 0x80]))],
];

/** Whether this user may make what the tests want, e.g. devices and files of others; else the reason is printed. */
export function mayDoAll(what: string): boolean {
  const may = process.geteuid?.() === 0;
  if (!may) process.stderr.write(`not tried, because it takes the root user: ${what}\n`);
  return may;
}
