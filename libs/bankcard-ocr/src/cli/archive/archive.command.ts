import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkOrderNumber } from '../../call/order-number.js';
import type { ArchiveQueueCounts } from '../../archive/archive-queue.js';
import type { ArchiveStatus, StateCounts } from '../../archive/archive-status.js';
import { DirectoryArchiveQueue } from '../../archive/directory-archive.queue.js';
import { EvidenceArchive } from '../../archive/evidence-archive.js';
import type { Verification, VerificationStep } from '../../archive/evidence-verifier.js';
import { type BankCardOcrError, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { codeOrNameOf } from '../../errors/redaction.js';
import { duration, type Language, type Text, text } from '../../errors/text.js';
import { printable } from '../../runtime/printable-text.js';
import { refusal } from '../arguments.js';
import type { ArchiveCommand } from './archive.arguments.js';
import { type ArchiveStores, archiveStores } from './archive-stores.js';
import { Terminal } from './terminal.js';

/** The end of a command: 0 all is well, 1 something was found or refused, 3 it broke off. */
type ExitCode = 0 | 1 | 3;

/** How a command prints. */
interface Output {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly language: Language;
}

const STATES = ['kept', 'restricted', 'held', 'erased'] as const;
const STATE_TEXTS = {
  kept: text('kept', '已存证'),
  restricted: text('restricted', '限制处理'),
  held: text('held', '法律保全'),
  erased: text('erased', '已删除'),
} as const;

/** Carry out a command on an archive, which prints while it runs. @throws `InputRefused` before anything was done */
export async function runArchive(command: ArchiveCommand, terminal = new Terminal()): Promise<ExitCode> {
  const { language } = command;
  const output: Output = { terminal, language, json: command.json || !terminal.isTerminal };
  const warn = (warning: string): void => void process.stderr.write(`nestjs-bankcard-ocr: ${printable(warning)}\n`);
  const stores = await archiveStores(command, command.name, warn);
  try {
    const archive = await openArchive(stores);
    return await carryOut(archive, command, output, stores.queueDirectory);
  } catch (error) {
    if (isBankCardOcrError(error) && error.code === 'CONFIGURATION') throw refusal(error.message, error.messageZh);
    const failure = failureText(error);
    if (!failure) throw error;
    if (output.json)
      terminal.json({ command: `archive ${command.action}`, ok: false, exitCode: 3, wrong: failure[language] });
    else warn(failure[language]);
    return 3;
  } finally {
    terminal.clear();
    stores.close();
  }
}

/** An archive that is there already: another one must not be made by a path that is spelled wrong. */
async function openArchive({ appId, store, keys, timestampCa }: ArchiveStores): Promise<EvidenceArchive> {
  if (!(await store.read('archive.json'))) {
    throw refusal('there is no archive in this store: check --store', '该存储中没有存证档案：请检查 --store');
  }
  if (!(await keys.read('index'))) {
    throw refusal('these are not the keys of the archive: check --keys', '这不是该存证档案的密钥：请检查 --keys');
  }
  // Orders are not fetched here.
  const download = () => Promise.reject(new Error('the command line keeps no orders'));
  const source = { results: { download }, appId, host: '' };
  return new EvidenceArchive({
    source,
    store,
    keys,
    ...(timestampCa !== undefined && { timestamps: { ca: timestampCa } }),
  });
}

async function carryOut(
  archive: EvidenceArchive,
  command: ArchiveCommand,
  output: Output,
  queueDirectory: string | undefined,
): Promise<ExitCode> {
  if (command.action === 'status') {
    const queue = queueDirectory === undefined ? undefined : await queueCounts(archive, queueDirectory);
    return printStatus({ ...(await statusOf(archive, output)), ...(queue && { queue }) }, output);
  }
  if (command.action === 'verify') return verify(archive, command, output);
  // Nothing is read from a stdin that has to answer.
  if (command.action === 'erase') checkConsent(command, output);
  const orders = await orderNumbers(command);
  if (command.action === 'export') return exportOrders(archive, orders, command.to, output);
  return erase(archive, orders, command, output);
}

/** Order numbers from the command line or, for `-`, from stdin, one a line. @throws `InputRefused`, which repeats none */
async function orderNumbers({ orders }: Pick<ArchiveCommand, 'orders'>): Promise<string[]> {
  const fromStdin = orders.includes('-') ? await readStdin() : '';
  const all = [...orders.filter((order) => order !== '-'), ...fromStdin.split('\n').map((line) => line.trim())];
  const wanted = [...new Set(all.filter((order) => order !== ''))];
  for (const [index, order] of wanted.entries()) {
    try {
      checkOrderNumber(order);
    } catch {
      throw refusal(`order ${index + 1} is no order number`, `第 ${index + 1} 个订单号格式有误`);
    }
  }
  if (wanted.length === 0) throw refusal('no order number was given', '没有给出订单号');
  return wanted;
}

/** @throws `InputRefused` when it has more than any list of orders */
async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_STDIN_BYTES) throw refusal('stdin has more than 64 MiB', '标准输入超过 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function statusOf(archive: EvidenceArchive, { terminal, language }: Output): Promise<ArchiveStatus> {
  const unit = text('orders', '个订单')[language];
  return archive.status((done) => terminal.progress(done, 0, unit));
}

/** @throws `InputRefused` when there is no queue: opening it would make one */
async function queueCounts(archive: EvidenceArchive, directory: string): Promise<ArchiveQueueCounts> {
  const { scope } = await archive.queuedOrders();
  if (!existsSync(path.join(directory, scope))) {
    throw refusal('there is no queue of this archive: check --queue', '没有该存证档案的队列：请检查 --queue');
  }
  const queue = new DirectoryArchiveQueue(directory);
  await queue.open(scope);
  try {
    return await queue.counts();
  } finally {
    await queue.close();
  }
}

function printStatus(
  status: ArchiveStatus & { readonly queue?: ArchiveQueueCounts },
  { terminal, json, language }: Output,
): ExitCode {
  const exitCode = status.damaged > 0 ? 1 : 0;
  if (json) {
    terminal.json({ command: 'archive status', ok: exitCode === 0, exitCode, ...status });
    return exitCode;
  }
  const show = (en: string, zh: string): void => terminal.line(text(en, zh)[language]);
  const counts = (all: StateCounts) => {
    const shown = STATES.map((state) => `${STATE_TEXTS[state][language]} ${all[state]}`);
    return shown.join(language === 'zh' ? '，' : ', ');
  };
  const { lastRoot, lastTimestamp, daysWithoutTimestamp, damaged, orphans, underWay, queue } = status;
  show(`all: ${counts(status)}`, `全部：${counts(status)}`);
  for (const one of status.classes)
    show(`class ${one.retentionClass}: ${counts(one)}`, `类别 ${one.retentionClass}：${counts(one)}`);
  for (const one of status.days) show(`${one.day}: ${counts(one)}`, `${one.day}：${counts(one)}`);
  if (damaged > 0) show(`damaged: ${damaged}; archive verify says why`, `损坏：${damaged}；archive verify 会说明原因`);
  show(
    `orphans: ${orphans}, and ${underWay} objects of attempts under way`,
    `孤立对象：${orphans}；进行中的尝试有 ${underWay} 个对象`,
  );
  if (lastRoot) show(`last root: ${lastRoot.day}, ${lastRoot.root}`, `最近的根：${lastRoot.day}，${lastRoot.root}`);
  else show('last root: none', '最近的根：无');
  const at = lastTimestamp?.at.toISOString();
  if (lastTimestamp)
    show(`last timestamp: ${lastTimestamp.day}, at ${at}`, `最近的时间戳：${lastTimestamp.day}，${at}`);
  else show('last timestamp: none', '最近的时间戳：无');
  if (queue) {
    const { waiting, active, dead } = queue;
    const oldest = duration(queue.oldestWaitingMs);
    show(
      `queue: ${waiting} waiting, ${active} with workers, ${dead} dead letters; the oldest is ${oldest.en} old`,
      `队列：等待 ${waiting}，处理中 ${active}，死信 ${dead}；最早的已等待 ${oldest.zh}`,
    );
  }
  show(`sealed days without a timestamp: ${daysWithoutTimestamp}`, `已封存但无时间戳的天数：${daysWithoutTimestamp}`);
  return exitCode;
}

const MOST_STDIN_BYTES = 64 * 1_024 * 1_024;
const DAY = /^\d{4}-\d\d-\d\d$/;

async function verify(archive: EvidenceArchive, command: ArchiveCommand, output: Output): Promise<ExitCode> {
  const { terminal, json, language } = output;
  let [orders, findings] = [0, 0];
  const unit = text('entries', '条')[language];
  for await (const step of verifications(archive, command)) {
    if (!DAY.test(step.ref)) orders += 1;
    findings += step.findings.length;
    if (json) terminal.json(lineOf(step, language));
    else for (const finding of step.findings) terminal.line(`FAIL ${step.ref} ${messageOf(finding, language)}`);
    terminal.progress(step.done, step.total, unit);
  }
  const exitCode = findings > 0 ? 1 : 0;
  if (json) terminal.json({ command: 'archive verify', ok: exitCode === 0, exitCode, orders, findings });
  else
    terminal.line(
      text(`${orders} orders verified, ${findings} findings`, `已校验 ${orders} 个订单，发现 ${findings} 处问题`)[
        language
      ],
    );
  return exitCode;
}

async function* verifications(archive: EvidenceArchive, command: ArchiveCommand): AsyncGenerator<VerificationStep> {
  const { orders, root } = command;
  const [first] = orders;
  if (first === undefined) {
    yield* archive.verifyAll();
    return;
  }
  if (DAY.test(first)) {
    yield* archive.verifyDay(first, { root });
    return;
  }
  const wanted = await orderNumbers(command);
  for (const [index, order] of wanted.entries()) {
    yield { ...(await verifyOne(archive, order)), done: index + 1, total: wanted.length };
  }
}

/** An order that somebody asks for should be there. */
async function verifyOne(archive: EvidenceArchive, order: string): Promise<Verification> {
  try {
    return await archive.verify(order);
  } catch (error) {
    if (!isBankCardOcrError(error) || error.code !== 'EVIDENCE_NOT_FOUND') throw error;
    const { message, messageZh } = error;
    const finding = { object: 'manifest', code: 'missing', message, messageZh } as const;
    return { ref: await archive.refOf(order), findings: [finding] };
  }
}

function lineOf({ ref, findings }: Verification, language: Language) {
  return {
    ref,
    ok: findings.length === 0,
    findings: findings.map((finding) => ({
      object: finding.object,
      code: finding.code,
      message: messageOf(finding, language),
    })),
  };
}

function messageOf(
  { message, messageZh }: Pick<BankCardOcrError, 'message' | 'messageZh'>,
  language: Language,
): string {
  return language === 'zh' ? messageZh : message;
}

/** Carry something out for each order; what is refused for one does not keep the others from it. */
async function forEach(
  archive: EvidenceArchive,
  orders: readonly string[],
  { terminal, json, language }: Output,
  run: (
    order: string,
    ref: string,
  ) => Promise<{ readonly fact: Readonly<Record<string, unknown>>; readonly said: Text }>,
): Promise<{ readonly done: number; readonly failed: number }> {
  let [done, failed] = [0, 0];
  const unit = text('orders', '个订单')[language];
  for (const order of orders) {
    const ref = await archive.refOf(order);
    try {
      const { fact, said } = await run(order, ref);
      done += 1;
      if (json) terminal.json({ ref, ok: true, ...fact });
      else terminal.line(`ok   ${ref} ${said[language]}`);
    } catch (error) {
      const refused = refusedText(error);
      if (!refused) throw error;
      failed += 1;
      if (json) terminal.json({ ref, ok: false, code: refused.code, wrong: refused.said[language] });
      else terminal.line(`FAIL ${ref} ${refused.said[language]}`);
    }
    terminal.progress(done + failed, orders.length, unit);
  }
  return { done, failed };
}

async function exportOrders(
  archive: EvidenceArchive,
  orders: readonly string[],
  to: string,
  output: Output,
): Promise<ExitCode> {
  const { done, failed } = await forEach(archive, orders, output, async (order, ref) => {
    const directory = path.resolve(to, ref);
    await archive.export(order, directory);
    return { fact: { directory }, said: text(`written to ${directory}`, `已写入 ${directory}`) };
  });
  return end('export', { exported: done, failed }, output, [
    `${done} orders exported, ${failed} not. Bags have whole card numbers in clear: delete them afterwards`,
    `已导出 ${done} 个订单，${failed} 个未导出。导出包含明文完整卡号，用毕请删除`,
  ]);
}

async function erase(
  archive: EvidenceArchive,
  orders: readonly string[],
  { by, reason, yes, language }: ArchiveCommand,
  output: Output,
): Promise<ExitCode> {
  await confirm(orders.length, yes, output);
  let remaining = 0;
  const { done, failed } = await forEach(archive, orders, output, async (order) => {
    const erased = await archive.erase(order, { by, why: reason });
    remaining += erased.remaining;
    const { remaining: left } = erased;
    return { fact: { remaining: left }, said: text(`erased, ${left} objects remain`, `已删除，剩余 ${left} 个对象`) };
  });
  const left = text(
    remaining > 0 ? `; ${remaining} objects could not be removed yet, and cannot be read` : '',
    remaining > 0 ? `；${remaining} 个对象尚未移除，但已无法读取` : '',
  )[language];
  return end('erase', { erased: done, failed, remaining }, output, [
    `${done} orders erased for good, ${failed} not${left}`,
    `已永久删除 ${done} 个订单，${failed} 个未删除${left}`,
  ]);
}

/** @throws `InputRefused` when nobody can be asked */
function checkConsent({ yes, orders }: ArchiveCommand, { terminal }: Output): void {
  if (yes || (terminal.canAsk && !orders.includes('-'))) return;
  throw refusal('there is no terminal to confirm it on: say --yes to erase', '此处无法交互确认：请加 --yes 以删除');
}

/** @throws `InputRefused` when somebody says no */
async function confirm(count: number, yes: boolean, { terminal, language }: Output): Promise<void> {
  if (yes) return;
  const question = text(
    `Erase ${count} orders for good? Their keys are destroyed. Type the number ${count} to go on: `,
    `永久删除 ${count} 个订单？其密钥将被销毁。输入数字 ${count} 继续：`,
  );
  if ((await terminal.ask(question[language])).trim() !== String(count)) {
    throw refusal('nothing was erased', '没有删除任何内容');
  }
}

function end(
  action: string,
  facts: Readonly<Record<string, number>> & { readonly failed: number },
  { terminal, json, language }: Output,
  [en, zh]: readonly [string, string],
): ExitCode {
  const exitCode = facts.failed > 0 ? 1 : 0;
  if (json) terminal.json({ command: `archive ${action}`, ok: exitCode === 0, exitCode, ...facts });
  else terminal.line(text(en, zh)[language]);
  return exitCode;
}

/** What concerns one order only; undefined for what ends the command. */
function refusedText(error: unknown): { readonly code: string; readonly said: Text } | undefined {
  if (isBankCardOcrError(error)) {
    const { code, message, messageZh } = error;
    const concernsOrder = code.startsWith('EVIDENCE_') && code !== 'EVIDENCE_STORE_FAILED';
    return concernsOrder ? { code, said: text(message, messageZh) } : undefined;
  }
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
  return { code: 'EEXIST', said: text('the directory exists, and is not overwritten', '目录已存在，不会覆盖') };
}

/** What ended the command; undefined for what is no failure of a store. */
function failureText(error: unknown): Text | undefined {
  if (isBankCardOcrError(error)) return text(error.message, error.messageZh);
  const { code, syscall } = error as NodeJS.ErrnoException;
  // The text of an error of Node.js has paths.
  if (code === undefined || syscall === undefined) return undefined;
  const failed = codeOrNameOf(error);
  return text(`the store failed (${failed})`, `存储操作失败（${failed}）`);
}
