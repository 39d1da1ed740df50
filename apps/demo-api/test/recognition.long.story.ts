import { connect } from 'node:net';
import { type KycSandboxOptions, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { KEY, serveDemo, type ServedDemo } from './serve-demo.js';

const JPEG = Buffer.concat([
  Buffer.from('ffd8ffe000104a464946000101', 'hex'),
  Buffer.alloc(300_000, 'canary picture '),
]);
const WEBP = Buffer.from('RIFF\0\0\0\0WEBPVP8 ');

let demo: ServedDemo | undefined;

async function serve(options: KycSandboxOptions = {}): Promise<ServedDemo> {
  demo = await serveDemo(options);
  return demo;
}

afterEach(async () => {
  await demo?.close();
  demo = undefined;
});

function form(image: Buffer | undefined, fields: Record<string, string> = {}): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.append(name, value);
  if (image) made.append('image', new Blob([image], { type: 'image/jpeg' }), 'card.jpg');
  return made;
}

describe('an image that is uploaded', () => {
  it('is answered with the card, masked, and its order number, under which the photos are', async () => {
    const { upload, get, sandbox } = await serve();
    const created = await upload('/bank-cards', form(JPEG));
    expect(created.status).toBe(201);
    expect(created.headers.get('cache-control')).toBe('no-store');
    const card = (await created.json()) as { orderNo: string };
    expect(card).toMatchObject({
      orderNo: expect.stringMatching(/^[0-9A-Za-z]{32}$/),
      cardNumber: expect.stringMatching(/^620000\*{9}\d{4}$/),
      expired: false,
      photos: { available: ['numberStrip'], links: { original: `/bank-cards/${card.orderNo}/photos/original` } },
    });
    const original = await get(`/bank-cards/${card.orderNo}/photos/original`);
    expect(Buffer.from(await original.arrayBuffer()).equals(JPEG)).toBe(true);
    expect(sandbox.calls.recognition).toBe(1);
    expect(sandbox.violations()).toEqual([]);
  });

  it('has the order number that stands before it in the form', async () => {
    const { upload } = await serve();
    const created = await upload('/bank-cards', form(JPEG, { orderNo: 'order1', userId: 'user1' }));
    expect(await created.json()).toMatchObject({ orderNo: 'order1' });
    const again = await upload('/bank-cards', form(JPEG, { orderNo: 'order1' }));
    expect([again.status, await again.json()]).toEqual([400, expect.objectContaining({ vendorCode: '14' })]);
  });

  it.each([
    ['of a type that is not accepted', WEBP, 415, 'IMAGE_TYPE_NOT_ACCEPTED'],
    ['that is none', Buffer.from('canary text'), 415, 'IMAGE_TYPE_NOT_ACCEPTED'],
    ['above 3 MB of Base64', Buffer.concat([JPEG, Buffer.alloc(2_100_000)]), 413, 'IMAGE_TOO_LARGE'],
    ['as a camera makes it', Buffer.concat([JPEG, Buffer.alloc(12_000_000)]), 413, 'IMAGE_TOO_LARGE'],
    ['that is empty', Buffer.alloc(0), 400, 'INVALID_ARGUMENT'],
  ])('%s is refused, and not sent on', async (_what, image, status, code) => {
    const { upload, json, sandbox } = await serve();
    const refused = await upload('/bank-cards', form(image));
    expect([refused.status, await refused.json()]).toEqual([status, expect.objectContaining({ code })]);
    expect(sandbox.calls.recognition).toBe(0);
    expect(await json('/health/live')).toBeDefined();
  });

  it('that is not readable is 422', async () => {
    const { upload } = await serve();
    const refused = await upload('/bank-cards', form(JPEG, { orderNo: orderNoForCode('-9012') }));
    expect([refused.status, await refused.json()]).toEqual([422, expect.objectContaining({ code: 'CARD_UNREADABLE' })]);
  });

  it('whose answer is lost is looked up, not recognized twice', async () => {
    const { upload, sandbox } = await serve();
    sandbox.injectFault({ endpoint: 'bankcardocrapp', kind: 'lost-response' });
    expect((await upload('/bank-cards', form(JPEG))).status).toBe(201);
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 1 });
  });
});

function fill(body: FormData, ...parts: (readonly [name: string, value: string | Blob])[]): void {
  for (const [name, value] of parts) {
    if (typeof value === 'string') body.append(name, value);
    else body.append(name, value, 'card.jpg');
  }
}

describe('a form', () => {
  it.each([
    ['without a file', form(undefined, { orderNo: 'order1' }), 400],
    ['with a wrong order number', form(JPEG, { orderNo: 'canary-1' }), 400],
    ['with a wrong user id', form(JPEG, { userId: 'canary@1' }), 400],
    ['with a field that is far too long', form(JPEG, { userId: 'c'.repeat(10_000) }), 400],
  ])('%s is refused, unasked and not repeated', async (_what, body, status) => {
    const { upload, sandbox } = await serve();
    const refused = await upload('/bank-cards', body);
    expect(refused.status).toBe(status);
    expect(await refused.text()).not.toContain('canary');
    expect(sandbox.calls.recognition).toBe(0);
  });

  it.each<[string, (body: FormData, image: Blob) => void]>([
    ['a field twice', (body, image) => fill(body, ['orderNo', 'one'], ['orderNo', 'two'], ['image', image])],
    ['a field that is not known', (body, image) => fill(body, ['orderNumber', 'canary1'], ['image', image])],
    ['a field too many', (body, image) => fill(body, ['orderNo', '1'], ['userId', '1'], ['a', 'b'], ['image', image])],
    ['a field behind the image', (body, image) => fill(body, ['image', image], ['orderNo', 'canary1'])],
    ['a second image', (body, image) => fill(body, ['image', image], ['image', image])],
    ['many images', (body, image) => fill(body, ['image', image], ['image', image], ['image', image])],
    ['a file of another name', (body, image) => fill(body, ['canary', image])],
    ['a file for a field', (body, image) => fill(body, ['orderNo', image], ['image', image])],
  ])('with %s is refused, told what to send, and not billed', async (_what, make) => {
    const { upload, sandbox } = await serve();
    const body = new FormData();
    make(body, new Blob([JPEG], { type: 'image/jpeg' }));
    const refused = await upload('/bank-cards', body);
    const { message } = (await refused.json()) as { message: string };
    expect(refused.status).toBe(400);
    expect(message).toContain('send the text fields orderNo and userId');
    expect(message).not.toContain('canary');
    expect(sandbox.calls.recognition).toBe(0);
  });

  it('that ends in the middle of the image is 400', async () => {
    const { url, sandbox } = await serve();
    const head = `--B\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), JPEG]);
    const headers = { 'x-api-key': KEY, 'content-type': 'multipart/form-data; boundary=B' };
    const refused = await fetch(`${url}/bank-cards`, { method: 'POST', headers, body });
    expect([refused.status, await refused.json()]).toMatchObject([400, { message: expect.stringContaining('ended') }]);
    expect(sandbox.calls.recognition).toBe(0);
  });

  it('is needed: JSON is 415', async () => {
    const { post } = await serve();
    expect((await post('/bank-cards', { orderNo: 'order1' })).status).toBe(415);
  });

  it('of nobody is not even read', async () => {
    const { upload, sandbox } = await serve();
    expect((await upload('/bank-cards', form(JPEG.subarray(0, 500)), {})).status).toBe(401);
    expect(sandbox.calls.recognition).toBe(0);
  });

  it('whose sender leaves in the middle harms nobody', async () => {
    const { url, upload, sandbox } = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(unfinished('image'), () => setTimeout(() => socket.destroy(), 20));
    });
    await new Promise((resolve) => socket.on('close', resolve));
    expect((await upload('/bank-cards', form(JPEG))).status).toBe(201);
    expect(sandbox.calls.recognition).toBe(1);
  });

  it('that is refused is answered though its sender never ends it, and the connection closed', async () => {
    const { url, sandbox } = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(unfinished('canary'));
    let answer = '';
    for await (const chunk of socket.setEncoding('utf8')) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(sandbox.calls.recognition).toBe(0);
  });
});

/** The beginning of a request that says it is much longer. */
function unfinished(field: string): string {
  return [
    'POST /bank-cards HTTP/1.1',
    'host: x',
    `x-api-key: ${KEY}`,
    'content-type: multipart/form-data; boundary=B',
    'content-length: 500000',
    '',
    '--B',
    `Content-Disposition: form-data; name="${field}"; filename="a.jpg"`,
    '',
    'some of it',
  ].join('\r\n');
}

it('logs which route it was, never an order, a user or anything of the image', async () => {
  const { upload, sandbox, logged } = await serve();
  await upload('/bank-cards', form(JPEG, { orderNo: 'canaryOrder1', userId: 'canaryUser1' }));
  sandbox.injectFault({ endpoint: 'bankcardocrapp', kind: 'html-502' });
  await upload('/bank-cards', form(JPEG, { orderNo: 'canaryOrder2' }));
  const lines = logged.join('\n');
  expect(lines).toContain('shop/till: POST /bank-cards');
  expect(lines).toContain('bankcardocrapp OK code=0');
  const base64 = JPEG.toString('base64').slice(100, 160);
  for (const secret of ['canary', base64, sandbox.secret]) expect(lines).not.toContain(secret);
});
