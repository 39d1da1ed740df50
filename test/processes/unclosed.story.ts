import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const COMPILED = path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src');

/** Run a process to its end: one that does not end makes this test time out. */
async function run(args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, output };
}

const children = new Set<ReturnType<typeof spawn>>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** What a script begins with; nothing keeps it alive but what the library opens. */
const SCRIPT = `
  require('reflect-metadata');
  const { Test } = require('@nestjs/testing');
  const { OcrResultService } = require(${JSON.stringify(path.join(COMPILED, 'index.js'))});
  const { BankCardOcrTestingModule, KycSandbox } = require(${JSON.stringify(path.join(COMPILED, 'testing/index.js'))});
  const started = async (providers, module) => {
    const imports = [BankCardOcrTestingModule.forRoot({ module })];
    const app = await Test.createTestingModule({ imports, providers }).setLogger(false).compile();
    await app.init();
    app.get(KycSandbox).addOrder({ orderNo: 'order1' });
    const { orderNo } = await app.get(OcrResultService).query('order1');
    return orderNo;
  };
`;

describe('a process that forgets to close what BankCardOcrTestingModule has opened', () => {
  it.each(['http-service', 'undici'])('ends by itself after a query over %s', async (transport) => {
    const script = `${SCRIPT} started([], { transport: '${transport}' }).then((orderNo) => console.log('had', orderNo));`;
    expect(await run(['--no-warnings', '-e', script])).toEqual({ code: 0, output: 'had order1\n' });
  });

  it('ends by itself when the application cannot be made', async () => {
    const script = `${SCRIPT}
      const broken = { provide: 'broken', useFactory: () => { throw new Error('no such thing'); } };
      started([broken]).catch((error) => console.log(error.message));`;
    expect(await run(['--no-warnings', '-e', script])).toEqual({ code: 0, output: 'no such thing\n' });
  });

  it('ends by itself under Jest', async () => {
    // oxlint-disable-next-line typescript/no-require-imports
    const { projects } = require('../../jest.config.cjs') as { projects: Record<string, unknown>[] };
    const config = {
      ...projects[0],
      rootDir: ROOT,
      roots: [path.join(ROOT, 'test/unclosed')],
      testMatch: ['**/*.test.ts'],
    };
    const jest = path.join(ROOT, 'node_modules/jest/bin/jest.js');
    const { code, output } = await run([jest, '--config', JSON.stringify(config), '--runInBand', '--ci']);
    expect(output).toContain('3 passed');
    expect(output).not.toMatch(/did not exit|open handle/);
    expect(code).toBe(0);
  });
});

describe('a sandbox that a program starts by itself', () => {
  it('keeps it running, unless it says otherwise', async () => {
    const start = (options: string) => `${SCRIPT} KycSandbox.start(${options}).then(({ url }) => console.log(url));`;
    expect(await run(['-e', start('{ keepsProcessAlive: false }')])).toMatchObject({ code: 0 });
    const child = spawn(process.execPath, ['-e', start('')], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    await expect(fetch(url.toString().trim())).resolves.toMatchObject({ status: 404 });
    expect(child.exitCode).toBeNull();
  });
});
