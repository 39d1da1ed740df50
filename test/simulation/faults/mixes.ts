import type { RefreshPoint } from './fault.js';

/** What goes wrong in a run, and how the fleet is set up. */
export interface Mix {
  /** The kinds of faults that come; see {@link FAULT_KINDS}. */
  readonly kinds: readonly string[];
  /** How many, at least and at most. */
  readonly faults: readonly [number, number];
  readonly store?: 'redis' | 'file';
  /** Whether instances refresh by a timer; by chance when it is left out, and nearly always then. */
  readonly background?: boolean;
  /** Faults come at points of a refresh, several in the same one. */
  readonly focus?: boolean;
  /** The points of a refresh at which faults come; any of them when it is left out. */
  readonly points?: readonly RefreshPoint[];
  /** Nobody queries. */
  readonly idle?: boolean;
  /** One instance only. */
  readonly alone?: boolean;
}

const PROCESS = ['kill', 'stop', 'lag', 'restart'];
const STORE = ['store slow', 'store down', 'store hangs', 'cut off from the store', 'reply lost', 'messages lost'];
const LOSS = ['store emptied', 'store rolled back', 'lease lost', 'record damaged'];
const VENDOR = [
  'vendor slow',
  'vendor down',
  'auth down',
  'ticket call down',
  'answers lost',
  'carried out late',
  'vendor codes',
  'garbage',
];
const CLOCKS = ['suspend', 'wall clock', 'store clock'];
const OUTSIDE = ['early death', 'foreign refresh', 'secret changed', 'wish for a refresh', 'malformed query'];
const FLEET = ['rolling restart', 'scale up', 'scale down'];

/** The mixes that can be chosen with `--mix`. */
export const MIXES: Readonly<Record<string, Mix>> = {
  calm: { kinds: [], faults: [0, 0] },
  idle: { kinds: [], faults: [0, 0], idle: true },
  alone: { kinds: [...PROCESS, ...STORE], faults: [0, 2], alone: true, idle: true },
  crash: { kinds: ['kill'], faults: [1, 6] },
  pause: { kinds: ['stop'], faults: [1, 6] },
  lag: { kinds: ['lag'], faults: [1, 5] },
  restart: { kinds: ['restart', ...FLEET], faults: [1, 5] },
  partition: { kinds: ['cut off from the store', 'cut off from the vendor'], faults: [1, 5], store: 'redis' },
  storeSlow: { kinds: ['store slow'], faults: [1, 4] },
  storeLost: { kinds: ['store emptied', 'store rolled back', 'record damaged'], faults: [1, 3] },
  storeDown: { kinds: ['store down', 'store hangs'], faults: [1, 4] },
  storeReplies: { kinds: ['reply lost'], faults: [2, 10], store: 'redis' },
  leaseLost: { kinds: ['lease lost'], faults: [2, 6], store: 'redis', focus: true },
  leaseIdle: {
    kinds: ['lease lost', 'vendor slow'],
    faults: [3, 6],
    store: 'redis',
    focus: true,
    points: ['lease taken', 'token sent', 'token carried out', 'token answered'],
    idle: true,
  },
  messages: { kinds: ['messages lost', 'messages late', 'wish for a refresh'], faults: [2, 6] },
  vendorSlow: { kinds: ['vendor slow'], faults: [1, 4] },
  vendorDown: { kinds: ['vendor down', 'auth down', 'ticket call down'], faults: [1, 4] },
  vendorLost: { kinds: ['answers lost', 'garbage'], faults: [1, 4] },
  vendorLate: { kinds: ['carried out late'], faults: [1, 4] },
  vendorCode: { kinds: ['vendor codes'], faults: [1, 4] },
  vendorBrief: { kinds: ['brief lives'], faults: [1, 3] },
  earlyDeath: { kinds: ['early death'], faults: [1, 2] },
  foreign: { kinds: ['foreign refresh'], faults: [1, 1] },
  secret: { kinds: ['secret changed'], faults: [1, 1] },
  forced: { kinds: ['wish for a refresh', 'malformed query'], faults: [2, 8] },
  suspend: { kinds: ['suspend'], faults: [1, 3] },
  suspendLost: { kinds: ['suspend', 'store emptied'], faults: [2, 5], store: 'file' },
  wallClock: { kinds: ['wall clock'], faults: [1, 4] },
  storeClock: { kinds: ['store clock'], faults: [1, 3], store: 'redis' },
  clocks: { kinds: CLOCKS, faults: [2, 5] },
  noBackground: { kinds: [...PROCESS, ...VENDOR], faults: [0, 2], background: false },
  file: { kinds: [...PROCESS, ...STORE, ...LOSS], faults: [1, 3], store: 'file' },
  fileFocus: { kinds: ['kill', 'stop'], faults: [2, 5], store: 'file', focus: true },
  focus: {
    kinds: ['kill', 'stop', 'cut off from the store', 'reply lost', 'answers lost'],
    faults: [2, 5],
    focus: true,
  },
  lossFocus: { kinds: ['store emptied', 'store slow', 'store rolled back'], faults: [2, 4], focus: true },
  pauseFocus: { kinds: ['stop'], faults: [2, 4], focus: true },
  pauseWrite: { kinds: ['stop'], faults: [2, 4], focus: true, points: ['record written'] },
  stretched: {
    kinds: ['stop', 'cut off from the store', 'vendor slow', 'store hangs', 'store slow'],
    faults: [2, 5],
    focus: true,
  },
  processes: { kinds: [...PROCESS, ...FLEET], faults: [3, 8] },
  pairs: { kinds: [...PROCESS, ...STORE, ...VENDOR, ...CLOCKS, ...OUTSIDE, ...LOSS], faults: [2, 2] },
  several: { kinds: [...PROCESS, ...STORE, ...VENDOR, ...CLOCKS, ...OUTSIDE, ...LOSS, ...FLEET], faults: [3, 5] },
  severalFocus: { kinds: [...PROCESS, ...STORE, ...VENDOR, ...CLOCKS, ...LOSS], faults: [3, 5], focus: true },
};
