const CHINA_OFFSET_MS = 8 * 3_600_000;
const OPERATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/;

/** Read `yyyy-MM-dd HH:mm:ss` in China time (+08:00, assumed: protocol.md section 3); undefined when unreadable. */
export function readChinaTime(value: unknown): Date | undefined {
  const match = typeof value === 'string' ? OPERATE_TIME.exec(value.trim()) : null;
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date takes 31 February for 3 March: a moment that does not exist is unreadable.
  const exists =
    local.getUTCFullYear() === year &&
    local.getUTCMonth() + 1 === month &&
    local.getUTCDate() === day &&
    local.getUTCHours() === hour &&
    local.getUTCMinutes() === minute &&
    local.getUTCSeconds() === second;
  return exists ? new Date(local.getTime() - CHINA_OFFSET_MS) : undefined;
}
