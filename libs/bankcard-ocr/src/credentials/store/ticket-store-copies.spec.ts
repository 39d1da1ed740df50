import type * as Library from '../../index.js';
import { PhotoDirectory } from '../../results/download/photo-directory.js';
import { FileTicketStore } from './file-ticket.store.js';
import { MemoryTicketStore } from './memory-ticket.store.js';
import { TicketStore } from './ticket-store.js';

/** As an application has it that imports the library here and requires it there. */
function anotherCopy(): typeof Library {
  let copy: typeof Library | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual<typeof Library>('../../index.js');
  });
  return copy!;
}

describe('what another copy of the library has made', () => {
  it('is a ticket store like one of this copy', () => {
    const copy = anotherCopy();
    expect(copy.TicketStore).not.toBe(TicketStore);
    const theirs = new copy.MemoryTicketStore();
    expect(theirs).toBeInstanceOf(TicketStore);
    expect(new MemoryTicketStore()).toBeInstanceOf(copy.TicketStore);
    // Of which kind it is, is another question.
    expect(theirs).not.toBeInstanceOf(FileTicketStore);
    expect(theirs).not.toBeInstanceOf(MemoryTicketStore);
    expect(new MemoryTicketStore()).toBeInstanceOf(MemoryTicketStore);
  });

  it('is a directory for photos like one of this copy', () => {
    expect(anotherCopy().toDirectory('/photos')).toBeInstanceOf(PhotoDirectory);
  });

  it.each([undefined, null, 'memory:', {}, { kind: 'memory' }, TicketStore])('and %p is neither', (value) => {
    expect(value instanceof TicketStore).toBe(false);
    expect(value instanceof PhotoDirectory).toBe(false);
  });
});
