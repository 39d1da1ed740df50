import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from './run-command-line.js';

/** Control characters are refused in a path; marks of direction are part of a name as any letter is. */
const ODD = '\u202e\u2066';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-line-'));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true });
});

it.each([[['doctor']], [['doctor', '--json']]])(
  '%j moves no cursor of a terminal, whatever the variables hold',
  async (args) => {
    jest.replaceProperty(process, 'env', {
      BANKCARD_OCR_APP_ID: 'IDA00001',
      BANKCARD_OCR_SECRET: 'x'.repeat(64),
      BANKCARD_OCR_BASE_URL: 'http://127.0.0.1:1',
      BANKCARD_OCR_TICKET_STORE: `file:${folder}/tickets${ODD}`,
    });
    const printed: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    }
    await runCommandLine(args);
    expect(printed.join('')).toContain(`${folder}/tickets`);
    expect(printed.join('')).not.toMatch(/[\u001b\u202e\u2066\u009b]/);
  },
);
