import { createCipheriv, createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { access, link, mkdir, open, unlink } from 'node:fs/promises';
import { Agent } from 'node:http';
import path from 'node:path';
import axios from 'axios';
import { type AnswerJson, CONNECTIONS, pathOf } from '../contestants/contestant.js';
import { vendorAddress } from '../vendor/vendor-address.js';
import type { Keeper, Place } from './keeper.js';

/** Objects under names. */
interface Objects {
  /** Under a name that has none yet; durable when the promise resolves. */
  put(name: string, bytes: Buffer): Promise<void>;
  has(name: string): Promise<boolean>;
}

const PHOTOS = { crop: 'bankcardCropPhoto', numberStrip: 'bankcardNoPhoto', original: 'originBankcardPhoto' } as const;

/**
 * The same objects, as durable, as a team writes them: a check whether the order is kept; one query; each photo decoded, hashed,
 * encrypted with a key of its order, hashed again and stored; the wrapped key in a directory of its own; the manifest, written
 * last and only once; its hash in a log. It does less than the archive: it has no second attempt, no late or damaged photos, no
 * removal of what failed attempts have left, and does not look whether the day is sealed.
 */
export async function createByHandKeeper(place: Place): Promise<Keeper> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const client = axios.create({ baseURL: vendorAddress().http, httpAgent: agent });
  const [indexKey, wrappingKey] = [randomBytes(32), randomBytes(32)];
  const keys = await openDirectory(path.join(place.folder, 'keys'));
  const { objects: evidence, end } = await openPlace(place);
  return {
    keep: async (orderNo) => {
      const ref = createHmac('sha256', indexKey).update(orderNo).digest('hex');
      const folder = `orders/${ref.slice(0, 2)}/${ref}`;
      if (await evidence.has(`${folder}/manifest.json`)) return;
      const requestedAt = new Date().toISOString();
      const { data } = await client.get<AnswerJson>(pathOf(orderNo, true));
      if (data.code !== '0') throw new Error(data.code);
      const key = randomBytes(32);
      await keys.put(`${ref}.key`, encrypt(wrappingKey, ref, key));
      const objects: object[] = [];
      const photos: object[] = [];
      for (const [kind, field] of Object.entries(PHOTOS)) {
        const photo = Buffer.from(data.result[field] ?? '', 'base64');
        const sealed = encrypt(key, `${ref}|${kind}`, photo);
        await evidence.put(`${folder}/${kind}`, sealed);
        objects.push({ kind, bytes: sealed.length, sha256: sha256(sealed) });
        photos.push({ kind, size: photo.length, sha256: sha256(photo) });
      }
      const facts = Object.entries(data.result).filter(([name]) => !(Object.values(PHOTOS) as string[]).includes(name));
      const part = Buffer.from(JSON.stringify({ result: Object.fromEntries(facts), photos }));
      const receivedAt = new Date().toISOString();
      const clear = { ref, requestedAt, receivedAt, objects };
      const sealed = encrypt(key, JSON.stringify(clear), part).toString('base64');
      const manifest = Buffer.from(JSON.stringify({ ...clear, sealed }));
      await evidence.put(`${folder}/manifest.json`, manifest);
      await evidence.put(`log/${receivedAt.slice(0, 10)}/${ref}-${sha256(manifest)}`, Buffer.alloc(0));
    },
    close: async () => {
      agent.destroy();
      end();
    },
  };
}

function encrypt(key: Buffer, about: string, bytes: Buffer): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(about));
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function openPlace(place: Place): Promise<{ objects: Objects; end: () => void }> {
  if (place.kind === 'directory') {
    return { objects: await openDirectory(path.join(place.folder, 'evidence')), end: () => undefined };
  }
  const { HeadObjectCommand, PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ ...place.client, requestChecksumCalculation: 'WHEN_REQUIRED' });
  const nameOf = (name: string) => ({ Bucket: place.bucket, Key: place.prefix + name });
  const objects: Objects = {
    put: async (name, bytes) => {
      await client.send(new PutObjectCommand({ ...nameOf(name), Body: bytes, IfNoneMatch: '*' }));
    },
    has: async (name) => {
      try {
        await client.send(new HeadObjectCommand(nameOf(name)));
        return true;
      } catch (error) {
        if ((error as Error).name === 'NotFound') return false;
        throw error;
      }
    },
  };
  return { objects, end: () => client.destroy() };
}

/** A temporary file that is synced, then linked, then the names are synced: what DirectoryEvidenceStore promises. */
async function openDirectory(root: string): Promise<Objects> {
  const temporary = path.join(root, '.tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  return {
    put: async (name, bytes) => {
      const target = path.join(root, name);
      const folder = path.dirname(target);
      if (await mkdir(folder, { recursive: true, mode: 0o700 })) await sync(path.dirname(folder));
      const part = path.join(temporary, randomUUID());
      const file = await open(part, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await link(part, target);
      await sync(folder);
      await unlink(part);
    },
    has: async (name) => {
      return access(path.join(root, name)).then(
        () => true,
        () => false,
      );
    },
  };
}

async function sync(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  await directory.sync().finally(async () => directory.close());
}
