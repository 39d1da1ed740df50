import { text } from '../errors/text.js';
import { printable } from '../runtime/printable-text.js';
import { ARCHIVE_USAGE, readArchiveArguments } from './archive/archive.arguments.js';
import { runArchive } from './archive/archive.command.js';
import { InputRefused, readOutputChoice, refusal } from './arguments.js';
import { prepareEnvironment } from './configuration.js';
import { doctorReport, exitCodeOf } from './doctor/check-result.js';
import { readDoctorArguments, runDoctor } from './doctor/doctor.command.js';
import { EXPLAIN_VARIABLES, readSignArguments, runExplain } from './sign/explain-signature.js';

const READERS = { doctor: readDoctorArguments, sign: readSignArguments, archive: readArchiveArguments } as const;

export function readCommandLine(args: readonly string[]) {
  const [command = '', ...rest] = args;
  if (command === 'help' || args.includes('--help') || args.includes('-h')) return 'help';
  if (Object.hasOwn(READERS, command)) return READERS[command as keyof typeof READERS](rest);
  throw refusal(
    // Not --help: behind the name of a package npx takes that for its own.
    'say which command: doctor, sign, archive or help',
    '请指定命令：doctor、sign、archive 或 help',
  );
}

export async function runCommandLine(args: readonly string[]): Promise<number> {
  const output = readOutputChoice(args);
  try {
    const command = readCommandLine(args);
    if (command === 'help') return print(USAGE[output.language], 0);
    await prepareEnvironment(command);
    if (command.kind === 'doctor') {
      const results = await runDoctor(command);
      return print(doctorReport(results, command), exitCodeOf(results));
    }
    if (command.kind === 'archive') return await runArchive(command);
    const { report, exitCode } = await runExplain(command);
    return print(report, exitCode);
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    const wrong = error.why[output.language];
    if (output.json) return print(JSON.stringify({ ok: false, exitCode: 2, wrong }, undefined, 2), 2);
    process.stderr.write(`nestjs-bankcard-ocr: ${forTerminal(wrong)}\n`);
    return 2;
  }
}

function print(output: string, exitCode: number): number {
  process.stdout.write(`${forTerminal(output)}\n`);
  return exitCode;
}

/** Some of it comes from variables, files, a Redis or Tencent, and none of these may move the cursor. */
function forTerminal(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

const USAGE = text(
  `nestjs-bankcard-ocr doctor [--live [--fetch]] [options]
    Checks the configuration, the way to Tencent, the clock and the ticket store. Run it as the
    user of the application, where the application runs. Nothing stored is changed.
    --live    sends secrets, too: tries the credentials that the store has; fetches only when it has none
    --fetch   with --live and memory: fetch, which ends those of a running process a minute later

nestjs-bankcard-ocr sign --explain --sign SIGNATURE [--app-id ID] [--order-no NO] [--user-id ID]
    [--nonce NONCE] [--version 1.0.0] [--for query|launch|report] [options]
    Shows which rule a signature broke. Tickets come from the variables ${EXPLAIN_VARIABLES.SIGN}
    and ${EXPLAIN_VARIABLES.NONCE}, and from the ticket store of the environment.

${ARCHIVE_USAGE.en}

Options
    --name NAME       of a named registration: its variables begin with NAME_
    --env PATH        variables that are not set already come from this file, of at most 256 kB
    --json            one JSON document instead of lines
    --lang en|zh      the language of the texts

Exit codes: 0 all is well (doctor: warnings included), or the signature fits; 1 something failed, or the
signature does not fit, or archive has findings or refused orders; 2 the command was not understood, or could
not begin; 3 archive broke off: a store failed.`,
  `nestjs-bankcard-ocr doctor [--live [--fetch]] [选项]
    检查配置、到腾讯云的网络、时钟和 ticket 存储。请在应用所在的机器上、用应用的用户运行。不改动已存放的内容。
    --live    会发送机密：试用存储里现有的凭证，没有可用的才获取
    --fetch   配合 --live 和 memory:：去获取新的，正在运行的进程的凭证一分钟后作废

nestjs-bankcard-ocr sign --explain --sign 签名 [--app-id ID] [--order-no NO] [--user-id ID]
    [--nonce NONCE] [--version 1.0.0] [--for query|launch|report] [选项]
    说明签名错在哪一条规则。ticket 来自环境变量 ${EXPLAIN_VARIABLES.SIGN}、
    ${EXPLAIN_VARIABLES.NONCE}，以及环境变量所配置的 ticket 存储。

${ARCHIVE_USAGE.zh}

选项
    --name NAME       带名字的注册：变量名以 NAME_ 开头
    --env PATH        尚未设置的变量从这个文件读取，不超过 256 kB
    --json            输出一个 JSON 文档
    --lang en|zh      输出语言

退出码：0 一切正常（doctor 可以有警告），或签名正确；1 有检查失败、签名不对，或 archive 发现问题、有订单被拒绝；
2 命令写错，或无法开始；3 archive 中断：存储操作失败。`,
);
