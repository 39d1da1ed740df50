import type { Contestant, ContestantName, Scheme } from './contestant.js';

/** Make a contestant by its name; what the others need is not even loaded. */
export async function createContestant(name: ContestantName, scheme: Scheme = 'http'): Promise<Contestant> {
  return CREATORS[name](scheme);
}

const CREATORS: Record<ContestantName, (scheme: Scheme) => Promise<Contestant>> = {
  receive: async (scheme) => (await import('./undici.contestant.js')).createReceiver(scheme),
  undici: async (scheme) => (await import('./undici.contestant.js')).createUndici(scheme),
  axios: async (scheme) => (await import('./axios.contestant.js')).createAxios(scheme),
  usual: async (scheme) => (await import('./usual.contestant.js')).createUsual(scheme),
  'ours-http': async (scheme) => (await import('./ours.contestant.js')).createOurs('http-service', scheme),
  'ours-undici': async (scheme) => (await import('./ours.contestant.js')).createOurs('undici', scheme),
};
