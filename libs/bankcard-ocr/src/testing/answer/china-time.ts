const CHINA_OFFSET_MS = 8 * 3_600_000;

/** `yyyyMMddHHmmss` at +08:00: transactionTime, expire_time. */
export function chinaDigits(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace(/\D/g, '');
}

/** `yyyy-MM-dd HH:mm:ss` at +08:00: operateTime. */
export function chinaDateTime(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** Digits of the current second, computed once a second: every answer carries them. */
export class ChinaTimeOfSecond {
  #second = Number.NaN;
  #digits = '';

  digits(epochMs: number): string {
    const second = Math.floor(epochMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#digits = chinaDigits(epochMs);
    }
    return this.#digits;
  }
}
