import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios from 'axios';
import { vendorAddress } from '../vendor/vendor-address.js';
import { type AnswerJson, CONNECTIONS, type Contestant, decodePhotos, pathOf, type Scheme } from './contestant.js';

/** axios as its users are told to set it up: an agent that keeps connections, the rest as it comes. */
export function createAxios(scheme: Scheme): Contestant {
  const { ca, ...origins } = vendorAddress();
  const kept = { keepAlive: true, maxSockets: CONNECTIONS };
  const agents = { httpAgent: new HttpAgent(kept), httpsAgent: new HttpsAgent({ ...kept, ca }) };
  const client = axios.create({ baseURL: origins[scheme], ...agents });
  const get = async (path: string) => (await client.get<AnswerJson>(path)).data;
  return {
    name: 'axios',
    query: (orderNo) => get(pathOf(orderNo, false)),
    photos: async (orderNo) => decodePhotos(await get(pathOf(orderNo, true))),
    close: async () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}
