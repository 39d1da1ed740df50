import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { markdownFiles } from '../support/readme-links.js';
import { readPage, ROOT } from '../support/readme-pages.js';
import { shellBlocksOf } from '../support/shell-blocks.js';

/** A test that runs a block as it is printed, or why none does. */
type Fate = { readonly runBy: string } | { readonly notRun: string };

const COMMANDS = { runBy: 'test/processes/page-commands.story.ts' };
const READER = { runBy: 'test/processes/fleet-reader.story.ts' };
const ARCHIVE = { runBy: 'test/documents/page-archive.story.ts' };
const NO_ENGINE = { notRun: 'needs a Docker engine; test/processes/container.story.ts carries out the steps by hand' };
const WALK = { runBy: 'test/consumers/getting-started.cjs' };

/** By the English page: what a block of it begins with, and its fate. Chinese pages have the same blocks. */
const FATES: Readonly<Record<string, readonly (readonly [beginning: string, fate: Fate])[]>> = {
  'docs/accounts.md': [['LOANS_BANKCARD_OCR_APP_ID=', COMMANDS]],
  'docs/archive.md': [
    ['openssl rand -base64 32', ARCHIVE],
    ['sha256sum --check', ARCHIVE],
    ['day=2026-11-28', { runBy: 'test/processes/archive-timestamps.story.ts' }],
    ['export BANKCARD_OCR_APP_ID=IDAXXXXX', { runBy: 'test/processes/archive-command.story.ts' }],
  ],
  'docs/archive-queue.md': [
    ['npm install bullmq ioredis', { notRun: 'test/consumers installs both beside the packed library' }],
  ],
  'docs/archive-s3.md': [
    ['npm install @aws-sdk/client-s3', { notRun: 'test/consumers installs it beside the packed library' }],
  ],
  'docs/demo.md': [
    ['export DEMO_API_KEY=', { runBy: 'test/documents/page-demo.long.story.ts' }],
    ["printf 'order %s'", { runBy: 'test/documents/page-demo.long.story.ts' }],
    [
      'DEMO_METRICS_PORT=9464 npm start',
      { notRun: 'needs the port 9464; metrics.long.story.ts starts the same on free ports' },
    ],
    [
      'prometheus --config.file=',
      { notRun: 'needs the port 9090; metrics.long.story.ts starts the same on free ports' },
    ],
  ],
  'docs/deployment.md': [
    ['docker build --tag demo-api:0.1.0 .', NO_ENGINE],
    ['docker build --tag demo-api:0.1.0 \\', NO_ENGINE],
    ['cp ops/compose.env.example .env', { notRun: 'test/documents/deployment.spec.ts reads the file that is copied' }],
    ['docker compose up', NO_ENGINE],
    ['kubectl create namespace', { notRun: 'needs a cluster; test/documents/deployment.spec.ts checks the manifests' }],
  ],
  'docs/doctor.md': [
    ['npx --no nestjs-bankcard-ocr doctor', COMMANDS],
    ['export BANKCARD_OCR_EXPLAIN_TICKET=', COMMANDS],
  ],
  'docs/fleet.md': [
    ['npm install ioredis', { notRun: 'names a Redis of the reader, redis.internal' }],
    ['redis-cli ACL SETUSER refresher on', READER],
    ['export BANKCARD_OCR_STORE_ENCRYPTION_KEY=', COMMANDS],
  ],
  'docs/getting-started.md': [
    ['mkdir card-service', WALK],
    ['npm install @nestjs/common@11', WALK],
    ['npm install @nestjs/common@12', WALK],
    ['npm install reflect-metadata', WALK],
    ['npx tsc && node dist/first-result.js', WALK],
    ['npx tsc && node dist/sandbox.js', WALK],
    ['node --env-file=sandbox.env', WALK],
    ['until curl', WALK],
    ['curl http://127.0.0.1:3000/bank-cards/exampleCleanCard', WALK],
    ['curl http://127.0.0.1:3000/bank-cards/exampleExpiredPhotocopy', WALK],
    ['curl http://127.0.0.1:3000/bank-cards/codeM9012', WALK],
  ],
  'docs/hosts.md': [
    ['export BANKCARD_OCR_BASE_URL=', COMMANDS],
    ['npx --no nestjs-bankcard-ocr doctor', COMMANDS],
  ],
  'docs/production.md': [['npx --no nestjs-bankcard-ocr doctor --live', COMMANDS]],
  'docs/secret-rotation.md': [
    ['openssl rand', COMMANDS],
    ["redis-cli ACL SETUSER refresher '>the-new-password'", COMMANDS],
    ["redis-cli ACL SETUSER refresher '<the-old-password'", COMMANDS],
  ],
  'docs/telemetry.md': [
    [
      'npm install @opentelemetry/api',
      { notRun: 'the workspace has them: page-telemetry.story.ts compares the versions' },
    ],
    ['node --require ./dist/otel.js', { notRun: 'starts an application of the reader' }],
  ],
  'docs/ticket-record.md': [['# sign-query.sh', READER]],
  'docs/troubleshooting.md': [
    ['npx --no nestjs-bankcard-ocr doctor --live', COMMANDS],
    ['sudo mkdir', { notRun: 'changes a folder of the system, as root' }],
  ],
};

/** What is wrong with the list for a page. */
function faultsOf(page: string, text: string): string[] {
  const fates = FATES[page.replace('.zh-CN.md', '.md')] ?? [];
  const blocks = shellBlocksOf(text).map(({ code }) => code);
  const unlisted = blocks.filter((code, index) => !code.startsWith(fates[index]?.[0] ?? '\0'));
  return [
    ...unlisted.map((code) => `${page} has a block that no test is named for: ${code.split('\n')[0]}`),
    ...fates.slice(blocks.length).map(([beginning]) => `${page} has no block ${beginning}`),
  ];
}

describe('the shell blocks of docs/', () => {
  const pages = markdownFiles(ROOT, 'docs');

  it.each(pages)('%s: each is run by a test, or has a reason why not', (page) => {
    expect(faultsOf(page, readPage(page))).toEqual([]);
  });

  it('are noticed when they are new, and when they are gone', () => {
    const text = readPage('docs/fleet.md');
    expect(faultsOf('docs/fleet.md', `${text}\n1. Stop:\n\n   \`\`\`sh\n   npm stop\n   \`\`\`\n`)).toHaveLength(1);
    expect(faultsOf('docs/fleet.md', '')).toHaveLength(3);
  });

  it('are run by tests that exist and name the page', () => {
    for (const [page, fates] of Object.entries(FATES)) {
      for (const [, fate] of fates) {
        if (!('runBy' in fate)) continue;
        const file = path.join(ROOT, fate.runBy);
        expect([fate.runBy, existsSync(file)]).toEqual([fate.runBy, true]);
        expect(readFileSync(file, 'utf8')).toContain(path.basename(page, '.md'));
      }
    }
  });
});
