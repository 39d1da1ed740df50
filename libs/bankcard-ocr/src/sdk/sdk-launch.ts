import { inspect } from 'node:util';

/** The values of an {@link SdkLaunch}. */
export type SdkLaunchValues = Omit<SdkLaunch, 'toString' | typeof inspect.custom>;

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

  constructor({ appId, version, nonce, userId, orderNo, sign, expiresInMs }: SdkLaunchValues) {
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

  [inspect.custom](): string {
    return this.toString();
  }
}
