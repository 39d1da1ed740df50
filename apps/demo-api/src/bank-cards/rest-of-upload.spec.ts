import { PassThrough } from 'node:stream';
import { readRest } from './rest-of-upload.js';

const ROOMY = { bytes: 1_000_000, ms: 10_000 };

describe('readRest', () => {
  it('reads to the end', async () => {
    const upload = new PassThrough();
    upload.end(Buffer.alloc(500_000));
    expect(await readRest(upload, ROOMY)).toBe(true);
    expect(await readRest(upload, ROOMY)).toBe(true);
  });

  it('stops after so many bytes', async () => {
    const upload = new PassThrough();
    let sent = 0;
    const more = setInterval(() => void (upload.write(Buffer.alloc(1_000)) && (sent += 1_000)), 1);
    expect(await readRest(upload, { ...ROOMY, bytes: 5_000 })).toBe(false);
    clearInterval(more);
    expect(sent).toBeLessThan(50_000);
    expect(upload.isPaused()).toBe(true);
  });

  it('stops after so much time', async () => {
    const upload = new PassThrough();
    upload.write('some of it');
    expect(await readRest(upload, { ...ROOMY, ms: 20 })).toBe(false);
    expect(upload.listenerCount('data')).toBe(0);
  });

  it('does not wait for a sender that has left', async () => {
    const upload = new PassThrough();
    const reading = readRest(upload, ROOMY);
    upload.destroy();
    expect(await reading).toBe(false);
    expect(await readRest(upload, ROOMY)).toBe(false);
  });
});
