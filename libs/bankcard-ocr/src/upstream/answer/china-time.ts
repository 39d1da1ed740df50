const OPERATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/;

/** Read `yyyy-MM-dd HH:mm:ss` in China time (+08:00, assumed: protocol.md section 3); undefined when unreadable. */
export function readChinaTime(value: unknown): Date | undefined {
  const match = typeof value === 'string' ? OPERATE_TIME.exec(value.trim()) : null;
  if (!match) return undefined;
  const local = `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}`;
  const date = new Date(`${local}+08:00`);
  // Date takes 31 February for 3 March: a day that does not exist is unreadable.
  const exists = !Number.isNaN(date.getTime()) && new Date(`${local}Z`).toISOString().startsWith(local);
  return exists ? date : undefined;
}
