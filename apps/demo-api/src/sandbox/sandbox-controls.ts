import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  KycSandbox,
  orderNoForCode,
  orderNoForWarning,
  SANDBOX_CODES,
  SANDBOX_WARNINGS,
  type SandboxFault,
} from 'nestjs-bankcard-ocr/testing';
import { MovableClock } from './movable-clock.js';

/** What can go wrong at Tencent, by the name under which it is switched on. */
const FAULTS = {
  'all-down': { endpoint: 'all', kind: 'html-502' },
  'tokens-down': { endpoint: 'auth', kind: 'reset' },
  'tokens-lost': { endpoint: 'auth', kind: 'lost-response' },
  'queries-hang': { endpoint: 'getBankCardOcrResult', kind: 'hang' },
  'queries-slow': { endpoint: 'getBankCardOcrResult', kind: 'slow', delayMs: 2_000 },
  'queries-cut': { endpoint: 'getBankCardOcrResult', kind: 'truncated' },
  'queries-limited': { endpoint: 'getBankCardOcrResult', kind: 'code', code: '400504' },
  'wrong-types': { endpoint: 'getBankCardOcrResult', kind: 'wrong-types' },
} as const satisfies Record<string, SandboxFault>;

/** A photo that is late is a setting of the sandbox, not a fault of a request. */
const LATE_PHOTOS = 'photos-late';
const LATE_PHOTOS_MS = 20_000;

export type FaultName = keyof typeof FAULTS | typeof LATE_PHOTOS;
export const FAULT_NAMES: readonly FaultName[] = [...(Object.keys(FAULTS) as (keyof typeof FAULTS)[]), LATE_PHOTOS];

/** What happens to the partner's credentials without a request of ours. */
export const EVENT_NAMES = ['kill-credentials', 'foreign-refresh'] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** How many entries of the journal and of the violations are shown, the newest. */
const SHOWN = 40;

/** What the console shows of the sandbox. Every order in it is invented, and nothing in it is secret. */
export interface SandboxState {
  readonly movedMs: number;
  readonly orders: readonly {
    readonly orderNo: string;
    readonly code: string;
    readonly en: string;
    readonly zh: string;
  }[];
  readonly faults: readonly { readonly name: FaultName; readonly active: boolean; readonly hits: number }[];
  readonly calls: KycSandbox['calls'];
  readonly rejected: number;
  readonly violations: ReturnType<KycSandbox['violations']>;
  readonly journal: ReturnType<KycSandbox['journal']>;
}

interface SwitchedFault {
  /** Requests it has hit. */
  readonly hits: number;
  clear(): void;
}

/** The sandbox as the console switches it. */
@Injectable()
export class SandboxControls implements OnApplicationShutdown {
  readonly #active = new Map<FaultName, SwitchedFault>();

  constructor(
    private readonly sandbox: KycSandbox,
    private readonly clock: MovableClock,
  ) {}

  state(): SandboxState {
    const { sandbox } = this;
    return {
      movedMs: this.clock.aheadMs,
      orders: ORDERS,
      faults: FAULT_NAMES.map((name) => {
        const active = this.#active.get(name);
        return { name, active: active !== undefined, hits: active?.hits ?? 0 };
      }),
      calls: sandbox.calls,
      rejected: sandbox.rejected,
      violations: sandbox.violations().slice(-SHOWN).toReversed(),
      journal: sandbox.journal().slice(-SHOWN).toReversed(),
    };
  }

  /** Switch a fault on or off; harmless when it is so already. */
  switchFault(name: FaultName, on: boolean): void {
    const active = this.#active.get(name);
    if (on === (active !== undefined)) return;
    active?.clear();
    this.#active.delete(name);
    if (on) this.#active.set(name, name === LATE_PHOTOS ? this.#delayPhotos() : this.sandbox.injectFault(FAULTS[name]));
  }

  happen(name: EventName): void {
    if (name === 'kill-credentials') this.sandbox.killCredentials();
    else this.sandbox.foreignRefresh();
  }

  /** Let time pass for the sandbox and for this backend. */
  pass(ms: number): void {
    this.clock.advance(ms);
  }

  /** A request that hangs would hold up the end. */
  onApplicationShutdown(): void {
    this.sandbox.clearFaults();
  }

  #delayPhotos(): SwitchedFault {
    this.sandbox.configure({ latePhotos: { delayMs: LATE_PHOTOS_MS, as: 'missing' } });
    return { hits: 0, clear: () => this.sandbox.configure({ latePhotos: undefined }) };
  }
}

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;

/** An order for everything that Tencent can say about a card. */
const ORDERS: SandboxState['orders'] = [
  { orderNo: clean, code: '0', en: 'a clean card', zh: '正常的银行卡' },
  { orderNo: warned, code: '0', en: 'an expired card on a photocopy', zh: '已过期的银行卡，且为复印件' },
  {
    orderNo: noValidity,
    code: '0',
    en: 'a card without validity, and without a crop',
    zh: '无有效期、无裁剪图的银行卡',
  },
  ...SANDBOX_WARNINGS.map(({ code, msg, msgEn }) => ({ orderNo: orderNoForWarning(code), code, en: msgEn, zh: msg })),
  ...SANDBOX_CODES.map(({ code, msg, msgEn }) => ({ orderNo: orderNoForCode(code), code, en: msgEn, zh: msg })),
];
