import { inspect } from 'node:util';
import { equalityTag } from '../equality-tag.js';

/** The values of an {@link SdkLaunch}. */
export type SdkLaunchValues = Omit<
  SdkLaunch,
  'toString' | 'valueOf' | typeof Symbol.toPrimitive | typeof inspect.custom
>;

const NONE = {} as SdkLaunchValues;

/**
 * What the app starts the phone SDK with. The signature is good for one launch: whoever prints or logs this object does not
 * see it, but `JSON.stringify` has it, because the app needs it.
 */
export class SdkLaunch {
  /** The SDK's `openApiAppId`. */
  readonly appId: string;
  /** The SDK's `openApiAppVersion`. */
  readonly version: string;
  /** The SDK's `openApiNonce`: the very one that was signed. */
  readonly nonce: string;
  /** The SDK's `openApiUserId`. */
  readonly userId: string;
  /** The SDK's `orderNo`; the result is queried by it. Not signed (protocol.md section 4). */
  readonly orderNo: string;
  /** The SDK's `openApiSign`: 40 upper-case hexadecimal digits. */
  readonly sign: string;
  /** Milliseconds, counted from the answer of `create()`, within which the SDK must be started. */
  readonly expiresInMs: number;

  constructor(values: SdkLaunchValues) {
    // class-transformer makes copies with `new SdkLaunch()`, and sets what it found afterwards.
    const given: SdkLaunchValues | undefined = values;
    const { appId, version, nonce, userId, orderNo, sign, expiresInMs } = given ?? NONE;
    this.appId = appId;
    this.version = version;
    this.nonce = nonce;
    this.userId = userId;
    this.orderNo = orderNo;
    this.sign = sign;
    this.expiresInMs = expiresInMs;
  }

  toString(): string {
    return `SdkLaunch(order ${this.orderNo}, sign [redacted])`;
  }

  /** What comparisons ask for that prefer it to properties (fast-deep-equal); a text where a primitive is wanted. */
  valueOf(): string {
    return equalityTag(JSON.stringify(this));
  }

  [Symbol.toPrimitive](): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
