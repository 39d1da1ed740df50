import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/**
 * What is wrong with an object:
 * - `changed`: its bytes are not those that were written.
 * - `missing`: it was written, and is not there any more.
 * - `replaced`: another object is in its place, as an older manifest.
 * - `not-logged`: nothing shows that it was written by this archive.
 * - `not-erased`: it should have been destroyed.
 * - `unreadable`: it cannot be used to check anything.
 */
export type FindingCode = 'changed' | 'missing' | 'replaced' | 'not-logged' | 'not-erased' | 'unreadable';

/** Something that verification has found. Nothing in it is secret, or says whose card it is. */
export interface Finding {
  /** `manifest`, `original`, `crop`, `numberStrip`, `result`, `key`, `decision 1`, `history`, `log`, `root` or `timestamp`. */
  readonly object: string;
  readonly code: FindingCode;
  /** What was found, what was expected, and what that means. */
  readonly message: string;
  readonly messageZh: string;
}

const RESTORE = ['restore it from a backup', '请从备份恢复'] as const;

function finding(object: string, code: FindingCode, message: string, messageZh: string): Finding {
  return { object, code, message, messageZh };
}

/** Every finding, in words. */
export const FINDINGS = {
  manifestUnreadable: (why: string, whyZh: string) =>
    finding(
      'manifest',
      'changed',
      `the manifest ${why}; a manifest of this order was expected, so it was changed: ${RESTORE[0]}`,
      `清单${whyZh}；应为该订单的清单，说明已被改动：${RESTORE[1]}`,
    ),
  manifestChanged: () =>
    finding(
      'manifest',
      'changed',
      'the manifest was changed: what is in clear (times, custody, hashes) does not fit its sealed part, or the key is that of another order. Nothing that it says is proven: restore it from a backup',
      '清单已被改动：明文部分（时间、保管记录、哈希）与密封部分不符，或密钥属于其他订单。清单内容均不可信：请从备份恢复',
    ),
  manifestMissing: () =>
    finding(
      'manifest',
      'missing',
      'the manifest is missing; the log says that it was written. The order was deleted without erase(): restore it from a backup, and find out who deleted it',
      '清单缺失；日志表明曾写入。该订单未经 erase() 即被删除：请从备份恢复，并查明删除者',
    ),
  manifestReplaced: () =>
    finding(
      'manifest',
      'replaced',
      'the manifest is not the one that was written: its SHA-256 is not the one in the log, as with an older manifest in its place. Restore the one whose SHA-256 the log has',
      '清单不是当时写入的那一份：SHA-256 与日志不符，例如被旧清单替换。请恢复日志所记 SHA-256 的清单',
    ),
  manifestNotLogged: () =>
    finding(
      'manifest',
      'not-logged',
      'the manifest is not in the log. Either the process that kept the order ended before it wrote the log, then keep() adds it; or the manifest was replaced, or an entry of the log removed',
      '清单不在日志中。可能是存证进程在写日志前终止，再次调用 keep() 即可补上；否则清单被替换，或日志条目被移除',
    ),
  photoMissing: (kind: string) =>
    finding(
      kind,
      'missing',
      `${kind}: the encrypted photo is missing; the manifest lists it, so it was deleted: ${RESTORE[0]}`,
      `${kind}：加密照片缺失；清单中有该照片，说明已被删除：${RESTORE[1]}`,
    ),
  photoChanged: (kind: string) =>
    finding(
      kind,
      'changed',
      `${kind}: the stored bytes were changed: size or SHA-256 is not the one in the manifest. The photo proves nothing: ${RESTORE[0]}`,
      `${kind}：存储内容已被改动：大小或 SHA-256 与清单不符。该照片无证明力：${RESTORE[1]}`,
    ),
  photoReplaced: (kind: string) =>
    finding(
      kind,
      'replaced',
      `${kind}: it is not the photo that was kept: its SHA-256 in clear is not the one in the sealed part of the manifest`,
      `${kind}：不是当时存证的照片：明文 SHA-256 与清单密封部分不符`,
    ),
  photoUnlisted: (kind: string) =>
    finding(
      kind,
      'missing',
      `${kind}: the sealed part of the manifest has the photo, and its clear part does not: the manifest was changed`,
      `${kind}：清单密封部分有该照片，而明文部分没有：清单已被改动`,
    ),
  resultReplaced: () =>
    finding(
      'result',
      'replaced',
      'the sealed result is that of another order: the manifest was exchanged',
      '加密结果属于其他订单：清单被调换',
    ),
  keyMissing: () =>
    finding(
      'key',
      'missing',
      'the key of the order is missing, and no erasure was decided: nothing of it can be read. Restore the key from the backup of the keys',
      '该订单的密钥缺失，且没有删除决定：内容无法读取。请从密钥备份恢复',
    ),
  keyUnreadable: () =>
    finding(
      'key',
      'unreadable',
      'the key of the order cannot be unwrapped: its file was changed, or its wrapping key is not configured. Hashes were checked, contents not',
      '该订单的密钥无法解开：文件已被改动，或未配置对应的包装密钥。已核对哈希，未核对内容',
    ),
  keyNotErased: () =>
    finding(
      'key',
      'not-erased',
      'the order is erased, and its key still exists, so it can be read: repeat erase(), and look for a restored backup of the keys',
      '该订单已删除，但密钥仍存在，内容仍可读取：请再次调用 erase()，并检查是否恢复过密钥备份',
    ),
  historyChanged: (why: string, whyZh: string) =>
    finding(
      'history',
      'changed',
      `${why}: each decision has the SHA-256 of the one before, and the chain is broken. The state of the order is not proven: restore its history from a backup`,
      `${whyZh}：每条决定都含前一条的 SHA-256，现链条中断。该订单的状态不可信：请从备份恢复历史`,
    ),
  decisionMissing: (number: number) =>
    finding(
      `decision ${number}`,
      'missing',
      `decision ${number} is missing; the log says that it was written: the state of the order is not the one that was decided. ${RESTORE[0]}`,
      `第 ${number} 条决定缺失；日志表明曾写入：订单状态与决定不符。${RESTORE[1]}`,
    ),
  decisionReplaced: (number: number) =>
    finding(
      `decision ${number}`,
      'replaced',
      `decision ${number} is not the one that was written: its SHA-256 is not the one in the log. ${RESTORE[0]}`,
      `第 ${number} 条决定不是当时写入的内容：SHA-256 与日志不符。${RESTORE[1]}`,
    ),
  decisionNotLogged: (number: number) =>
    finding(
      `decision ${number}`,
      'not-logged',
      `decision ${number} is not in the log. Either the process ended before it wrote the log, then keep() adds it; or the decision was changed, or an entry of the log removed`,
      `第 ${number} 条决定不在日志中。可能是进程在写日志前终止，再次调用 keep() 即可补上；否则决定被改动，或日志条目被移除`,
    ),
  rootUnreadable: (day: string) =>
    finding(
      'root',
      'changed',
      `the root of ${day} was changed: it is no root of that day any more. Compare with the copy that you sent away at the time`,
      `${day} 的根已被改动：已不是当日的根。请与当时对外留存的副本核对`,
    ),
  rootMismatch: (day: string, expected: number, found: number) =>
    finding(
      'log',
      'changed',
      `the root of ${day} stands for ${expected} other entries than the ${found} in its log: entries were added, changed or removed, or the root was. Compare the root with the copy that you sent away at the time`,
      `${day} 的根对应 ${expected} 条日志，与现有的 ${found} 条不符：日志条目或根被增加、改动或移除。请与当时对外留存的根核对`,
    ),
  rootNotTheCopy: (day: string) =>
    finding(
      'root',
      'replaced',
      `the root of ${day} is not the one of your copy: the log of the day and its root were both exchanged`,
      `${day} 的根与您留存的副本不符：当日日志与根均被调换`,
    ),
  rootMissing: (day: string) =>
    finding(
      'root',
      'missing',
      `the root of ${day} is missing; a later day is sealed, or it has a timestamp, so it was written: ${RESTORE[0]}`,
      `${day} 的根缺失；其后的日期已封存，或已有时间戳，说明曾写入：${RESTORE[1]}`,
    ),
  chainBroken: (day: string) =>
    finding(
      'root',
      'changed',
      `the root of the day before ${day} was changed or removed: its SHA-256 is not the one that the root of ${day} has`,
      `${day} 前一日的根被改动或移除：SHA-256 与 ${day} 的根所记不符`,
    ),
  timestampMissing: (day: string) =>
    finding(
      'timestamp',
      'missing',
      `the timestamp of ${day} is missing; the log says that it came: ${RESTORE[0]}`,
      `${day} 的时间戳缺失；日志表明曾取得：${RESTORE[1]}`,
    ),
  timestampReplaced: (day: string) =>
    finding(
      'timestamp',
      'replaced',
      `the timestamp of ${day} is not the one that came: its SHA-256 is not the one in the log. ${RESTORE[0]}`,
      `${day} 的时间戳不是当时取得的那一份：SHA-256 与日志不符。${RESTORE[1]}`,
    ),
  timestampNotLogged: (day: string) =>
    finding(
      'timestamp',
      'not-logged',
      `the timestamp of ${day} is not in the log. Either the process ended before it wrote the log, then sealDay() adds it; or the timestamp was exchanged`,
      `${day} 的时间戳不在日志中。可能是进程在写日志前终止，调用 sealDay() 即可补上；否则时间戳被调换`,
    ),
  timestampInvalid: (day: string, why: string, whyZh: string) =>
    finding(
      'timestamp',
      'changed',
      `the timestamp of ${day} ${why}: it does not prove when the root existed`,
      `${day} 的时间戳${whyZh}：不能证明根的存在时间`,
    ),
} as const;

/** Evidence that is not what was kept. */
export class EvidenceDamage extends BankCardOcrError {
  constructor(readonly finding: Finding) {
    super('EVIDENCE_DAMAGED', {
      message: `${finding.message}; verify() names everything that was changed`,
      messageZh: `${finding.messageZh}；verify() 会列出全部改动`,
    });
  }
}

/** Undefined for evidence that is damaged. */
export async function unlessDamaged<T>(wanted: Promise<T>): Promise<T | undefined> {
  return wanted.catch((error: unknown) => {
    if (!(error instanceof EvidenceDamage)) throw error;
    return undefined;
  });
}
