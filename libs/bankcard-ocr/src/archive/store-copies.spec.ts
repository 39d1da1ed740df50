import type * as Archive from './index.js';
import { ArchiveQueue } from './archive-queue.js';
import { DirectoryEvidenceStore } from './directory-evidence.store.js';
import { EvidenceStore } from './evidence-store.js';
import { KeyStore } from './key-store.js';

/** As an application has it that imports the library here and requires it there. */
function anotherCopy(): typeof Archive {
  let copy: typeof Archive | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual<typeof Archive>('./index.js');
  });
  return copy!;
}

describe('what another copy of the library has made for an archive', () => {
  const copy = anotherCopy();
  const store = new copy.DirectoryEvidenceStore('/evidence');
  const queue = new copy.DirectoryArchiveQueue('/queue');

  it('is a store of evidence, a store of keys, a queue like one of this copy', () => {
    expect(copy.EvidenceStore).not.toBe(EvidenceStore);
    expect(store).toBeInstanceOf(EvidenceStore);
    const keys = new copy.FileKeyStore({
      directory: '/keys',
      wrappingKeys: { k1: Buffer.alloc(32, 1).toString('base64') },
    });
    expect(keys).toBeInstanceOf(KeyStore);
    expect(queue).toBeInstanceOf(ArchiveQueue);
  });

  it('is no other of the three, nor of the kinds that this copy has', () => {
    expect(store).not.toBeInstanceOf(ArchiveQueue);
    expect(queue).not.toBeInstanceOf(EvidenceStore);
    expect(store).not.toBeInstanceOf(DirectoryEvidenceStore);
    expect(new DirectoryEvidenceStore('/evidence')).toBeInstanceOf(DirectoryEvidenceStore);
    expect({}).not.toBeInstanceOf(EvidenceStore);
  });
});
