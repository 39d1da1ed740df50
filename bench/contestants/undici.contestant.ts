import { Pool } from 'undici';
import { vendorAddress } from '../vendor/vendor-address.js';
import { type AnswerJson, CONNECTIONS, type Contestant, decodePhotos, pathOf, type Scheme } from './contestant.js';

/** The floor: one pool for the origin, prepared paths, the JSON and nothing else. */
export function createUndici(scheme: Scheme): Contestant {
  const pool = createPool(scheme);
  const get = async (path: string) => (await (await pool.request({ path, method: 'GET' })).body.json()) as AnswerJson;
  return {
    name: 'undici',
    query: (orderNo) => get(pathOf(orderNo, false)),
    photos: async (orderNo) => decodePhotos(await get(pathOf(orderNo, true))),
    close: () => pool.close(),
  };
}

/** What nobody can beat: the bytes are received and dropped. */
export function createReceiver(scheme: Scheme): Contestant {
  const pool = createPool(scheme);
  // Without a stream in between: iterating over one costs as much as receiving does.
  const receive = (path: string) =>
    new Promise<void>((resolve, reject) => {
      const onResponseError = (_controller: unknown, error: Error) => reject(error);
      const onResponseEnd = () => resolve();
      pool.dispatch(
        { path, method: 'GET' },
        { onRequestStart, onResponseStart, onResponseData, onResponseEnd, onResponseError },
      );
    });
  return {
    name: 'receive',
    query: (orderNo) => receive(pathOf(orderNo, false)),
    photos: (orderNo) => receive(pathOf(orderNo, true)),
    close: () => pool.close(),
  };
}

// undici wants to see them, and they have nothing to do.
function onRequestStart(): void {}
function onResponseStart(): void {}
function onResponseData(): void {}

function createPool(scheme: Scheme): Pool {
  const { ca, ...origins } = vendorAddress();
  return new Pool(origins[scheme], { connections: CONNECTIONS, keepAliveTimeout: 600_000, connect: { ca } });
}
