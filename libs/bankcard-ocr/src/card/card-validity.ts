import { chinaMidnightMs } from '../runtime/clock.js';

/** What the card says about how long it is valid (vendor field `bankCardValidDate`). */
export interface CardValidity {
  /** Tencent's text, e.g. `12/2024`; empty when the card shows none. */
  readonly raw: string;
  /** 1 to 12; undefined when {@link raw} is empty or unreadable. */
  readonly month?: number;
  /** Four digits; undefined when {@link raw} is empty or unreadable. */
  readonly year?: number;
  /** True from 00:00 China time of the first day of the following month. Undefined as {@link month} is. */
  readonly expired?: boolean;
}

const MONTH_FIRST = /^(\d{1,2})\s*[/.-]\s*(\d{4}|\d{2})$/;
const YEAR_FIRST = /^(\d{4})\s*[/.-]\s*(\d{1,2})$/;

/** `MM/yyyy`, also `yyyy/MM` and `MM/yy` (protocol.md section 3). @param nowMs wall clock, epoch milliseconds */
export function readCardValidity(text: string, nowMs: number): CardValidity {
  const raw = text.trim();
  const monthFirst = MONTH_FIRST.exec(raw);
  const found = monthFirst ?? YEAR_FIRST.exec(raw);
  if (!found) return { raw };
  const month = Number(found[monthFirst ? 1 : 2]);
  const yearAsPrinted = Number(found[monthFirst ? 2 : 1]);
  if (month < 1 || month > 12) return { raw };
  const year = yearAsPrinted < 100 ? 2000 + yearAsPrinted : yearAsPrinted;
  return { raw, month, year, expired: nowMs >= chinaMidnightMs(year, month + 1, 1) };
}
