import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { extensionOf, mediaTypeOf, PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import { makeDirectory } from '../runtime/durable-file.js';
import { sha256 } from './sealing.js';

/** What goes into a bag. */
interface BagContent {
  readonly result: BankCardOcrResult;
  /** Whether the archive keeps the expiry date. */
  readonly hasValidity: boolean;
  readonly photo: (kind: PhotoKind) => Promise<{ readonly bytes: Buffer } | undefined>;
  /** The manifest and the decisions, as they are stored: their SHA-256 are those in the log. */
  readonly stored: readonly (readonly [name: string, bytes: Buffer])[];
}

/**
 * Write evidence as a BagIt bag (RFC 8493) into a directory that does not exist; files have mode 0600. It gets its name when it is
 * whole.
 */
export async function exportBag(target: string, orderNo: string, content: BagContent): Promise<void> {
  await makeDirectory(path.dirname(path.resolve(target)));
  // Fails when it exists, and claims it: of two exports to one place one ends here.
  await mkdir(target, { mode: 0o700 });
  const directory = `${path.resolve(target)}.${randomUUID()}.part`;
  try {
    await writeBag(directory, orderNo, content);
    // Replaces a directory only while it is empty.
    await rename(directory, target);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    await rmdir(target).catch(() => undefined);
    throw error;
  }
}

async function writeBag(
  directory: string,
  orderNo: string,
  { result, hasValidity, stored, photo }: BagContent,
): Promise<void> {
  await makeDirectory(path.join(directory, 'data'));
  const hashes: string[] = [];
  const write = async (name: string, content: Buffer | string): Promise<string> => {
    await writeFile(path.join(directory, name), content, { flag: 'wx', mode: 0o600 });
    return `${sha256(content)}  ${name}\n`;
  };
  for (const kind of PHOTO_KINDS) {
    const found = await photo(kind);
    if (found) hashes.push(await write(`data/${kind}.${extensionOf(mediaTypeOf(found.bytes))}`, found.bytes));
  }
  const { cardNumber, validity, warnings, clarity, operatedAt, bizSeqNo } = result;
  const facts = {
    orderNo,
    cardNumber: cardNumber.reveal(),
    ...(hasValidity && { validity: validity.raw }),
    warnings,
    clarity,
    operatedAt,
    bizSeqNo,
  };
  hashes.push(await write('data/result.json', `${JSON.stringify(facts, null, 2)}\n`));
  for (const [name, bytes] of stored) hashes.push(await write(`data/${name}`, bytes));
  const tags = [
    await write('bagit.txt', 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n'),
    await write(
      'bag-info.txt',
      `Bagging-Date: ${new Date().toISOString().slice(0, 10)}\nExternal-Identifier: ${orderNo}\n`,
    ),
    await write('manifest-sha256.txt', hashes.join('')),
  ];
  await write('tagmanifest-sha256.txt', tags.join(''));
}
