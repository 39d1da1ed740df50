import type { Clock } from '../runtime/clock.js';
import type { HostProfile } from './endpoints/vendor-request.js';

/** What to do with photos that are not there yet (protocol.md section 3: which of the three is not documented). */
interface LatePhotos {
  /** Milliseconds on the sandbox's clock, counted from the first query of an order with `get_file=1`. */
  readonly delayMs: number;
  /** `missing`: the keys are absent. `empty`: the values are empty. `slow`: the response waits for the photos. */
  readonly as: 'missing' | 'empty' | 'slow';
}

/** What can be changed while the sandbox runs, with the defaults. */
export const DEFAULT_SETTINGS = {
  /** Lifetime of an access token in ms. @default 7_200_000 */
  tokenLifeMs: 7_200_000,
  /** Lifetime of a SIGN ticket in ms, at most the rest of its token's. @default 3_600_000 */
  ticketLifeMs: 3_600_000,
  /** Lifetime of a NONCE ticket in ms. @default 120_000 */
  nonceTicketLifeMs: 120_000,
  /** How long credentials stay valid after newer ones were issued, in ms. @default 60_000 */
  overlapMs: 60_000,
  /** A token call sooner than this many ms after the previous token is reported as a violation; 0 is never. @default 0 */
  minRefreshIntervalMs: 0,
  /** Code of the OCR endpoints for a signature made with an expired ticket. @default '400102' */
  deadTicketCode: '400102' as '400102' | '400101' | '15',
  /**
   * Code of access_token for a wrong secret; undocumented (protocol.md section 8). This tempts to refresh. @default
   * '400101'
   */
  wrongSecretCode: '400101',
  /** Photos come late. @default undefined, at once */
  latePhotos: undefined as LatePhotos | undefined,
  /** The host whose spellings of the app id are insisted on, endpoint by endpoint (protocol.md section 2). @default 'any' */
  hostProfile: 'any' as HostProfile,
  /** OCR requests in flight above this get 400506. @default undefined, no limit */
  concurrencyLimit: undefined as number | undefined,
  /** Wire form of `expire_in`: a number in the wild, a string in the documents. @default 'number' */
  expireInAs: 'number' as 'number' | 'string',
  /** HTTP status of failure envelopes; undocumented (protocol.md section 8). @default 200 */
  httpStatusOfFailures: 200,
  /** Grow every photo to about this many bytes. @default undefined, as they are (10 to 30 KB) */
  photoBytes: undefined as number | undefined,
  /** Every response is this many ms late, in real time whatever the clock. @default 0 */
  answerDelayMs: 0,
  /** Order numbers that were not added: `reject` responds 66660020, `invent` a card made from the number. @default 'reject' */
  unknownOrders: 'reject' as 'reject' | 'invent',
};

export type KycSandboxSettings = typeof DEFAULT_SETTINGS;

/** Changes of the settings: what is left out, or undefined where that is no setting, stays as it is. */
export type KycSandboxChange = Change<KycSandboxSettings>;

export type Change<Settings> = { [Name in keyof Settings]?: Settings[Name] | undefined };

/** Options of {@link KycSandbox.start}; every member is optional. */
export interface KycSandboxOptions extends KycSandboxChange {
  /** The partner's app id. @default 'IDASANDB' */
  appId?: string | undefined;
  /** The partner's secret. @default 64 random letters and digits for every sandbox */
  secret?: string | undefined;
  /** TCP port. @default 0, any free one */
  port?: number | undefined;
  /** Address to listen on. @default '127.0.0.1' */
  host?: string | undefined;
  /** Path in front of `/api`, e.g. `/kyc`, to test a base URL that has one. @default '' */
  pathPrefix?: string | undefined;
  /** False: the process ends although the sandbox was not stopped, as with `BankCardOcrTestingModule`. @default true */
  keepsProcessAlive?: boolean | undefined;
  /** Times all lifetimes and delays except `answerDelayMs`. @default new SystemClock() */
  clock?: Clock | undefined;
}

export interface SandboxContext {
  readonly clock: Clock;
  readonly settings: Readonly<KycSandboxSettings>;
}

/** The settings with changes; undefined counts only where it is the default. @throws TypeError for an unknown name */
export function changed<Settings extends object>(
  what: string,
  defaults: Settings,
  change: Change<Settings>,
  settings = defaults,
): Settings {
  const unknown = Object.keys(change).find((name) => !Object.hasOwn(defaults, name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no ${unknown} to set; it has ${Object.keys(defaults).join(', ')}.`);
  }
  const mayBeUndefined = (name: string) => defaults[name as keyof Settings] === undefined;
  const set = Object.entries(change).filter(([name, value]) => value !== undefined || mayBeUndefined(name));
  return { ...settings, ...Object.fromEntries(set) };
}
