import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { extensionOf, mediaTypeOf, PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import { makeDirectory } from '../runtime/durable-file.js';
import type { Manifest } from './manifest.js';
import { sha256 } from './sealing.js';

/** The evidence of an order. */
interface BagContent {
  readonly result: BankCardOcrResult;
  readonly manifest: Manifest;
  photo(kind: PhotoKind): Promise<{ readonly bytes: Buffer } | undefined>;
}

/** Write evidence as a BagIt bag (RFC 8493) into a directory that does not have one yet; files have mode 0600. */
export async function exportBag(
  directory: string,
  orderNo: string,
  { result, manifest, photo }: BagContent,
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
    validity: validity.raw,
    warnings,
    clarity,
    operatedAt,
    bizSeqNo,
  };
  hashes.push(await write('data/result.json', `${JSON.stringify(facts, null, 2)}\n`));
  hashes.push(await write('data/manifest.json', JSON.stringify(manifest)));
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
