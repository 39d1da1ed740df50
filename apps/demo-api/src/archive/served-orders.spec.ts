import { appendFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import type { ExpectedOrder } from 'nestjs-bankcard-ocr/archive';
import { ServedOrders } from './served-orders.js';

const DAY_MS = 86_400_000;
const SECRET = Buffer.alloc(32, 7);

let folder: string;
let served: ServedOrders;

async function open(secret = SECRET): Promise<ServedOrders> {
  const opened = new ServedOrders(path.join(folder, 'served'), secret);
  await opened.open();
  return opened;
}

async function ordersOf(orders: ServedOrders, since = new Date(0)): Promise<ExpectedOrder[]> {
  const found: ExpectedOrder[] = [];
  for await (const order of orders.since(since)) found.push(order);
  return found;
}

const files = () => readdirSync(path.join(folder, 'served')).map((name) => path.join(folder, 'served', name));

beforeAll(() => Logger.overrideLogger(false));

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'served-orders-'));
  served = await open();
});

afterEach(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

describe('the list of served orders', () => {
  it('has every order after a restart, those of other processes too, without a number in clear', async () => {
    const recognizedAt = new Date();
    await served.add({ orderNo: 'order1', recognizedAt });
    const other = await open();
    await Promise.all(['order2', 'order3'].map(async (orderNo) => other.add({ orderNo, recognizedAt })));
    await other.close();
    const found = (await ordersOf(await open())).toSorted((a, b) => a.orderNo.localeCompare(b.orderNo));
    expect(found).toEqual(['order1', 'order2', 'order3'].map((orderNo) => ({ orderNo, recognizedAt })));
    expect(
      files()
        .map((file) => readFileSync(file, 'utf8'))
        .join(),
    ).not.toContain('order1');
  });

  it('returns what was recognized since a time, and removes files of days before', async () => {
    const now = Date.now();
    await served.add({ orderNo: 'old', recognizedAt: new Date(now - 2 * DAY_MS) });
    await served.add({ orderNo: 'new', recognizedAt: new Date(now) });
    const old = path.join(folder, 'served', '2020-01-01.machine.jsonl');
    writeFileSync(old, 'anything');
    expect((await ordersOf(served, new Date(now - DAY_MS))).map(({ orderNo }) => orderNo)).toEqual(['new']);
    expect(files()).not.toContain(old);
    expect(files()).toHaveLength(1);
  });

  it('leaves out a piece of a line, what was changed, and what has another key', async () => {
    await served.add({ orderNo: 'order1', recognizedAt: new Date() });
    const [file = ''] = files();
    const line = readFileSync(file, 'utf8').trim();
    appendFileSync(file, `${line.slice(0, 40)}\n${line.replace(/"order":"..../, '"order":"AAAA')}\n`);
    const other = await open(Buffer.alloc(32, 8));
    expect((await ordersOf(served)).map(({ orderNo }) => orderNo)).toEqual(['order1']);
    expect(await ordersOf(other)).toEqual([]);
  });

  it('remembers what could not be written, and writes it as soon as it can', async () => {
    const [place, gone] = [path.join(folder, 'served'), path.join(folder, 'gone')];
    renameSync(place, gone);
    await expect(served.add({ orderNo: 'order1', recognizedAt: new Date() })).rejects.toThrow('ENOENT');
    await expect(ordersOf(served)).rejects.toThrow('ENOENT');
    renameSync(gone, place);
    expect((await ordersOf(served)).map(({ orderNo }) => orderNo)).toEqual(['order1']);
    expect((await ordersOf(await open())).map(({ orderNo }) => orderNo)).toEqual(['order1']);
  });
});
