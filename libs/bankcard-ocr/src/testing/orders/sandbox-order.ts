/** An order that a phone has recognised, or failed to. */
export interface SandboxOrder {
  /** 1 to 32 letters and digits. */
  readonly orderNo: string;
  /** @default an invented, Luhn-valid 19-digit number derived from the order number */
  readonly bankCardNo?: string | undefined;
  /** `MM/yyyy`, or empty when the card shows none. @default '09/2031' */
  readonly bankCardValidDate?: string | undefined;
  /** Warning codes, the first becomes `warnCode`. @default none */
  readonly warnings?: readonly string[] | undefined;
  /** @default '79' */
  readonly clarity?: string | undefined;
  /** `yyyy-MM-dd HH:mm:ss`, China time. @default when the order was added, or the sandbox was started */
  readonly operateTime?: string | undefined;
  /** `no-crop`: the cropped photo is empty for good. `none`: there is no photo at all. @default 'all' */
  readonly photos?: 'all' | 'no-crop' | 'none' | undefined;
  /** A failure code: the order has no result but this. @default undefined, recognised */
  readonly code?: string | undefined;
}
