import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asMarkdown, readDocComment } from '../../scripts/docs/doc-comment.js';
import { withGenerated } from '../../scripts/docs/generated-parts.js';
import { layerTable } from '../../scripts/docs/layer-table.js';
import type { OptionDeclaration } from '../../scripts/docs/option-declarations.js';
import { faultsInOption } from '../../scripts/docs/option-faults.js';

describe('a page with generated parts', () => {
  const parts = new Map([['table', '| a |']]);

  it('keeps what is written by hand around them, and is the same when it is made again', () => {
    const once = withGenerated('before\n<!-- generated: table -->\nold\n<!-- end -->\nafter\n', parts);
    expect(once).toBe('before\n<!-- generated: table -->\n\n| a |\n\n<!-- end -->\nafter\n');
    expect(withGenerated(once, parts)).toBe(once);
    expect(withGenerated('<!-- generated: table -->\n<!-- end -->', parts)).toContain('| a |');
  });

  const place = '<!-- generated: table -->\n<!-- end -->\n';
  it.each([
    ['names a part that does not exist', place + place.replace('table', 'chair'), 'called chair'],
    ['has no place for a part', '', 'no place for table'],
    ['has two places for a part', place + place, 'two places for table'],
    ['does not say where a part ends', `${place}<!-- generated: table -->\n`, 'without its end'],
  ])('is refused when it %s', (_, page, fault) => {
    expect(() => withGenerated(page, parts)).toThrow(fault);
  });
});

describe('a comment', () => {
  it('is read with its tags, its lines put together', () => {
    const comment = readDocComment('/**\n   * Two\n   * lines.\n   *\n   * @default 3\n   * @see A\n   */');
    expect(comment.text).toBe('Two lines.');
    expect([...comment.tags]).toEqual([
      ['default', '3'],
      ['see', 'A'],
    ]);
    expect(readDocComment("/** @default '/path' */").tags.get('default')).toBe("'/path'");
    const { text, tags } = readDocComment('/** One line. @default 3 */');
    expect([text, tags.get('default')]).toEqual(['One line.', '3']);
  });

  it('has links as code', () => {
    expect(asMarkdown(readDocComment('/** A {@link TicketStore}. */').text)).toBe('A `TicketStore`.');
  });
});

describe('the comment of an option', () => {
  const option = (name: string, comment: string, required = false): OptionDeclaration => {
    return {
      name,
      required,
      types: [],
      comment: readDocComment(`/**\n * ${comment.replaceAll(/ (?=@)| \| /g, '\n *\n * ')}\n */`),
    };
  };
  const TIMEOUT = 'Milliseconds for it. @default 15000';

  it('is right when it says what the code does', () => {
    expect(faultsInOption(option('timeoutMs', TIMEOUT))).toEqual([]);
    expect(faultsInOption(option('appId', 'Who.', true))).toEqual([]);
    expect(faultsInOption(option('clock', 'Time. @default ours'))).toEqual([]);
  });

  it.each([
    ['another default', option('timeoutMs', TIMEOUT.replace('15000', '10000')), 'has not @default 15000'],
    [
      'no unit',
      option('timeoutMs', TIMEOUT.replace('Milliseconds', 'Time')),
      'does not say that it counts milliseconds',
    ],
    ['no Chinese for a default in words', option('clok', 'Time. @default ours'), 'has no default in Chinese'],
    ['no default', option('clock', 'Time.'), 'has no @default'],
    ['a default, and must be set', option('appId', 'Who. @default x', true), 'is required'],
  ])('is wrong when it tells %s', (_, wrong, fault) => {
    expect(faultsInOption(wrong)).toEqual([expect.stringContaining(fault)]);
  });
});

describe('the table of layers', () => {
  let root: string;
  const tableOf = (folders: object) => {
    const layers = { layers: [['card'], ['redis', 'index.ts']], optionalPeers: { ioredis: 'redis' }, folders };
    writeFileSync(path.join(root, 'libs/bankcard-ocr/layers.json'), JSON.stringify(layers));
    return layerTable(root).get('layers')?.split('\n').slice(2);
  };
  const all = { card: 'the model', redis: 'a store', 'redis/scripts': 'what Redis runs', 'index.ts': 'the names' };

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'layers-'));
    for (const name of ['card', 'redis/scripts']) {
      mkdirSync(path.join(root, 'libs/bankcard-ocr/src', name), { recursive: true });
    }
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('lists every folder below its layer, with the optional peers that it may import', () => {
    expect(tableOf(all)).toEqual([
      '| 1 | `card/` | the model | |',
      '| 2 | `redis/` | a store | `ioredis` |',
      '| 2 | `redis/scripts/` | what Redis runs | |',
      '| 2 | `index.ts` | the names | |',
    ]);
  });

  it('is refused when a folder is not described, or a description has no folder', () => {
    expect(() => tableOf({ ...all, 'redis/scripts': undefined })).toThrow('what is in redis/scripts');
    expect(() => tableOf({ ...all, http: 'gone' })).toThrow('describes http, which does not exist');
  });
});

describe('the reference of the API', () => {
  const ROOT = path.join(__dirname, '../..');
  const read = (name: string) => JSON.parse(readFileSync(path.join(ROOT, name), 'utf8')) as Record<string, object>;

  it('has every entry point of the package', () => {
    const entries = Object.keys(read('libs/bankcard-ocr/package.json')['exports'] ?? {});
    const sources = entries.map((entry) => path.join('libs/bankcard-ocr/src', entry, 'index.ts'));
    const expected = sources.filter((source) => existsSync(path.join(ROOT, source)));
    expect(expected.length).toBeGreaterThan(4);
    expect(read('typedoc.json')['entryPoints']).toEqual(expected);
  });
});
