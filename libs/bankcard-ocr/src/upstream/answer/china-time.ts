const CHINA_OFFSET_MS = 8 * 3_600_000;
/** `d` stands for a digit. */
const OPERATE_TIME = 'dddd-dd-dd dd:dd:dd';

/** Read `yyyy-MM-dd HH:mm:ss` in China time (+08:00, assumed: protocol.md section 3); undefined when unreadable. */
export function readChinaTime(value: unknown): Date | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (!isOperateTime(text)) return undefined;
  const year = numberAt(text, 0);
  const month = numberAt(text, 5);
  const day = numberAt(text, 8);
  const hour = numberAt(text, 11);
  const minute = numberAt(text, 14);
  const second = numberAt(text, 17);
  // Date takes 31 February for 3 March, and year 50 for 1950: a moment that does not exist is unreadable.
  if (year < 100 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (day > 28 && day > daysIn(year, month)) return undefined;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second) - CHINA_OFFSET_MS);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Character by character: every answer has such a time, and this takes a tenth of what a pattern does. */
function isOperateTime(text: string): boolean {
  if (text.length !== OPERATE_TIME.length) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isRight =
      OPERATE_TIME[at] === 'd'
        ? code >= 0x30 && code <= 0x39
        : text[at] === OPERATE_TIME[at] || (at === 10 && text[at] === 'T');
    if (!isRight) return false;
  }
  return true;
}

/** The digits from `start` on; what follows them is no digit. */
function numberAt(text: string, start: number): number {
  let number = 0;
  for (let at = start, code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(at)) {
    number = number * 10 + code - 0x30;
    at += 1;
  }
  return number;
}
