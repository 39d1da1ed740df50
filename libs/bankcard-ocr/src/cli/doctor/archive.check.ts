import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { EvidenceArchive } from '../../archive/evidence-archive.js';
import type { EvidenceStore } from '../../archive/evidence-store.js';
import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { codeOrNameOf } from '../../errors/redaction.js';
import { text } from '../../errors/text.js';
import { type ArchiveStores, archiveStores, hasArchive } from '../archive/archive-stores.js';
import { InputRefused } from '../arguments.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const result = checkResultsOf('archive');

/**
 * Whether the evidence archive of the environment can be used: each name is written once, its keys are there, and they are
 * kept apart. No result where none is configured. What is written for it is removed again.
 */
export async function checkArchive(name: string | undefined): Promise<CheckResult[]> {
  if (!hasArchive(name)) return [];
  const warnings: string[] = [];
  let stores: ArchiveStores;
  try {
    stores = await archiveStores({}, name, (warning) => warnings.push(warning));
  } catch (error) {
    if (error instanceof InputRefused) return [result('fail', error.why)];
    throw error;
  }
  try {
    const found = [await checkWriting(stores), await checkKeys(stores), ...(await checkApart(stores))];
    return [...found, ...warnings.map((warning) => result('warn', text(warning, warning)))];
  } finally {
    stores.close();
  }
}

async function checkWriting({ store, directory }: ArchiveStores): Promise<CheckResult> {
  try {
    if (directory !== undefined && !(await exists(directory))) {
      const found = text(
        'the directory is not there yet: the first order makes it',
        '目录尚不存在：首个订单存证时创建',
      );
      return result('warn', found, { facts: { kind: 'directory' } });
    }
    // A bucket is probed when it is opened.
    const way = await store.open();
    await probe(store);
    const kind = directory === undefined ? 'bucket' : 'directory';
    const how = typeof way === 'string' ? ` (${way})` : '';
    const facts = { kind, ...(typeof way === 'string' && { writeOnce: way }) };
    const isOnce = way !== 'lease-only';
    return result(isOnce ? 'ok' : 'warn', text(`${kind}, written once${how}`, `${kind}，一次写入${how}`), { facts });
  } catch (error) {
    const [en, zh] = isBankCardOcrError(error)
      ? [error.message, error.messageZh]
      : [`the store failed (${codeOrNameOf(error)})`, `存储操作失败（${codeOrNameOf(error)}）`];
    return result('fail', text(en, zh));
  }
}

/** Write twice to one name: the second must be refused, and change nothing. */
async function probe(store: EvidenceStore): Promise<void> {
  const name = `probe/${randomUUID()}`;
  const [first, second] = [Buffer.from('first'), Buffer.from('second')];
  try {
    const isNew = await store.create(name, first);
    const isReplaced = await store.create(name, second);
    const isFirst = (await store.read(name))?.equals(first) === true;
    if (!isNew || isReplaced || !isFirst) throw new Error('the store accepts a second write');
  } finally {
    await store.remove(name);
  }
}

async function checkKeys({ appId, store, keys, timestampCa }: ArchiveStores): Promise<CheckResult> {
  try {
    const [owner, key] = [await store.read('archive.json'), await keys.read('index')];
    if (!owner && !key) {
      return result('warn', text('no keys yet: the first order makes them', '尚无密钥：首个订单存证时创建'));
    }
    if (!owner || !key) {
      const found = key
        ? text('the keys have no archive in this store', '该存储中没有这些密钥对应的存证档案')
        : text('the keys of the archive are missing: nothing in it can be read', '存证档案的密钥缺失：内容无法读取');
      const todo = text('Check both paths, or restore the keys from their backup', '请检查两处路径，或从备份恢复密钥');
      return result('fail', found, { todo });
    }
    // Both are there: nothing is made.
    const source = { results: { download: () => Promise.reject(new Error('not here')) }, appId, host: '' };
    const timestamps = timestampCa === undefined ? undefined : { ca: timestampCa };
    await new EvidenceArchive({ source, store, keys, timestamps }).open();
    return result('ok', text('keys present, and those of this archive', '密钥齐全，且属于该存证档案'));
  } catch (error) {
    if (isBankCardOcrError(error)) return result('fail', text(error.message, error.messageZh));
    const code = codeOrNameOf(error);
    return result('fail', text(`the keys cannot be read (${code})`, `无法读取密钥（${code}）`));
  }
}

/** Whoever gets a copy of the evidence must not get the keys with it. */
async function checkApart({ directory, keysDirectory }: ArchiveStores): Promise<CheckResult[]> {
  if (directory === undefined) return [];
  const [evidence, keys] = await Promise.all([directory, keysDirectory].map(resolved));
  const isWithin = (one: string, other: string): boolean => {
    const way = path.relative(one, other);
    return way === '' || (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way));
  };
  if (!isWithin(evidence!, keys!) && !isWithin(keys!, evidence!)) return [];
  const found = text('keys and evidence are in one directory', '密钥与存证在同一目录');
  const todo = text(
    'Move the keys out: a backup of the evidence has them, and an erased order can be read from it',
    '请移出密钥：否则存证备份中含有密钥，已删除的订单仍可从中读取',
  );
  return [result('fail', found, { todo })];
}

async function exists(directory: string): Promise<boolean> {
  return realpath(directory).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

async function resolved(directory: string): Promise<string> {
  return realpath(directory).catch(() => path.resolve(directory));
}
