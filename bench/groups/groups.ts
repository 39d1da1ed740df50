import type { Findings } from '../report/finding.js';

/** The groups of measurements in the order in which they run, each in a process of its own. */
export const GROUPS: Readonly<Record<string, () => Promise<Findings>>> = {
  small: async () => (await import('./small.group.js')).smallQueries(),
  photos: async () => (await import('./photos.group.js')).photos(),
  memory: async () => (await import('./memory.group.js')).memory(),
  archive: async () => (await import('./archive.group.js')).archive(),
  stall: async () => (await import('./stall.group.js')).stalls(),
  tickets: async () => (await import('./tickets.group.js')).tickets(),
  micro: async () => (await import('./micro.group.js')).pieces(),
  start: async () => (await import('./start.group.js')).start(),
};
