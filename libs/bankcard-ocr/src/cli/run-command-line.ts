import { type Text, text } from '../errors/text.js';
import { printable } from '../runtime/printable-text.js';
import { EXPLAIN_VARIABLES, InputRefused, type OutputChoice, readCommandLine, readOutputChoice } from './arguments.js';
import { runArchive } from './archive/archive.command.js';
import { prepareEnvironment } from './configuration.js';
import { doctorReport, exitCodeOf } from './doctor/check-result.js';
import { runDoctor } from './doctor/doctor.command.js';
import { runExplain } from './sign/explain-signature.js';

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
    if (error instanceof InputRefused) return refuse(output, error.why);
    throw error;
  }
}

function print(output: string, exitCode: number): number {
  process.stdout.write(`${forTerminal(output)}\n`);
  return exitCode;
}

function refuse({ json, language }: OutputChoice, why: Text): number {
  if (json) return print(JSON.stringify({ ok: false, exitCode: 2, wrong: why[language] }, undefined, 2), 2);
  process.stderr.write(`nestjs-bankcard-ocr: ${forTerminal(why[language])}\n`);
  return 2;
}

/** Some of it comes from variables, files, a Redis or Tencent, and none of these may move the cursor. */
function forTerminal(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

const USAGE: Text = text(
  `nestjs-bankcard-ocr doctor [--live [--fetch]] [options]
    Checks the configuration, the way to Tencent, the clock and the ticket store. Run it as the
    user of the application, where the application runs. Nothing stored is changed.
    --live    sends secrets, too: tries the credentials that the store has; fetches only when it has none
    --fetch   with --live and memory: fetch, which ends those of a running process a minute later

nestjs-bankcard-ocr sign --explain --sign SIGNATURE [--app-id ID] [--order-no NO] [--user-id ID]
    [--nonce NONCE] [--version 1.0.0] [--for query|launch|report] [options]
    Shows which rule a signature broke. Tickets come from the variables ${EXPLAIN_VARIABLES.SIGN}
    and ${EXPLAIN_VARIABLES.NONCE}, and from the ticket store of the environment.

nestjs-bankcard-ocr archive status|verify|export|erase [ORDER ... | -] [options]
    Works on an evidence archive; Tencent is not asked. Order numbers are arguments or, for -, lines of
    stdin; the output names orders by their reference. Prints text on a terminal, JSON lines elsewhere.
    status    counts orders by state, class and day; last root, last timestamp, orphans
    verify    [ORDER ... | - | DAY [--root HEX]]  reads and hashes again what is stored: orders, a day
              (yyyy-mm-dd, with a copy of its root), or everything
    export    ORDER ... | - --to DIRECTORY  writes a BagIt bag for each, with card numbers in clear
    erase     ORDER ... | - --by WHO --reason WHY [--yes]  for good; both texts are stored in clear
    --store   file:DIRECTORY or s3://BUCKET/PREFIX?endpoint=URL&region=REGION&pathStyle=true
              (BANKCARD_OCR_ARCHIVE_STORE; credentials of a bucket: those of the AWS SDK)
    --keys    file:DIRECTORY (BANKCARD_OCR_ARCHIVE_KEYS); the wrapping keys, NAME=KEY, are in
              BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS only
    --queue   file:DIRECTORY of a DirectoryArchiveQueue, which status counts (BANKCARD_OCR_ARCHIVE_QUEUE)
    --timestamp-ca FILE  certificates that timestamps are verified with (BANKCARD_OCR_ARCHIVE_TIMESTAMP_CA)

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

nestjs-bankcard-ocr archive status|verify|export|erase [订单号 ... | -] [选项]
    操作存证档案，不访问腾讯云。订单号写在参数里，或用 - 从标准输入逐行读取；输出只用订单引用。
    终端上输出文字，其他情况输出 JSON 行。
    status    按状态、类别、日期统计订单；最近的根、最近的时间戳、孤立对象
    verify    [订单号 ... | - | 日期 [--root HEX]]  重新读取并计算哈希：订单、某天
              （yyyy-mm-dd，可与留存的根核对）或全部
    export    订单号 ... | - --to 目录  为每个订单写一个 BagIt 包，含明文卡号
    erase     订单号 ... | - --by 决定人 --reason 原因 [--yes]  永久删除；两段文字以明文保存
    --store   file:目录，或 s3://存储桶/前缀?endpoint=地址&region=地域&pathStyle=true
              （BANKCARD_OCR_ARCHIVE_STORE；存储桶的凭证取自 AWS SDK）
    --keys    file:目录（BANKCARD_OCR_ARCHIVE_KEYS）；包装密钥（名称=密钥）只能写在
              BANKCARD_OCR_ARCHIVE_WRAPPING_KEYS 中
    --queue   file:目录，DirectoryArchiveQueue 的目录，由 status 统计（BANKCARD_OCR_ARCHIVE_QUEUE）
    --timestamp-ca 文件  用于验证时间戳的证书（BANKCARD_OCR_ARCHIVE_TIMESTAMP_CA）

选项
    --name NAME       带名字的注册：变量名以 NAME_ 开头
    --env PATH        尚未设置的变量从这个文件读取，不超过 256 kB
    --json            输出一个 JSON 文档
    --lang en|zh      输出语言

退出码：0 一切正常（doctor 可以有警告），或签名正确；1 有检查失败、签名不对，或 archive 发现问题、有订单被拒绝；
2 命令写错，或无法开始；3 archive 中断：存储操作失败。`,
);
