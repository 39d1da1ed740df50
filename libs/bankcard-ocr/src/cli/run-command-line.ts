import { type Text, text } from '../errors/text.js';
import { printable } from '../runtime/printable-text.js';
import { type CommandLine, EXPLAIN_NONCE_TICKET, EXPLAIN_TICKET, readCommandLine } from './arguments.js';
import { prepareEnvironment } from './configuration.js';

/** Nothing was done, because the command was not understood. */
const NOT_UNDERSTOOD = 2;

/**
 * Carry out a command and print its answer.
 *
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const command = readCommandLine(args);
  if (command.kind === 'help') return print(USAGE[command.language], 0);
  if (command.kind === 'fault') return refuse(command, command.wrong);
  const wrong = prepareEnvironment(command);
  if (wrong) return refuse(command, wrong);
  if (command.kind === 'doctor') {
    const [{ runDoctor }, { doctorReport, exitCodeOf }] = await Promise.all([
      import('./doctor/doctor.command.js'),
      import('./doctor/check-result.js'),
    ]);
    const results = await runDoctor(command);
    return print(doctorReport(results, command), exitCodeOf(results));
  }
  const { runExplain } = await import('./sign/explain-signature.js');
  const { refusal, report, exitCode } = await runExplain(command);
  return refusal ? refuse(command, refusal) : print(report, exitCode);
}

function print(answer: string, exitCode: number): number {
  process.stdout.write(`${forTerminal(answer)}\n`);
  return exitCode;
}

function refuse({ json, language }: Pick<CommandLine, 'json' | 'language'>, wrong: Text): number {
  if (json) {
    return print(
      JSON.stringify({ ok: false, exitCode: NOT_UNDERSTOOD, wrong: wrong[language] }, undefined, 2),
      NOT_UNDERSTOOD,
    );
  }
  process.stderr.write(`nestjs-bankcard-ocr: ${forTerminal(wrong[language])}\n`);
  return NOT_UNDERSTOOD;
}

/** Some of it comes from variables, files, a Redis or the vendor, and none of these may move the cursor. */
function forTerminal(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** What `--help` prints. */
const USAGE: Text = text(
  `nestjs-bankcard-ocr doctor [--live [--fetch]] [options]
    Checks the configuration, the way to the vendor, the clock and the ticket store. Run it as the
    user of the application, where the application runs. Nothing secret is sent and nothing stored is
    changed.
    --live    the credentials too: uses what the store has, fetches only when it has nothing valid,
              and queries one order that does not exist
    --fetch   with --live and memory: fetch credentials although a running process may have some, which
              end a minute later

nestjs-bankcard-ocr sign --explain --sign SIGNATURE [values] [options]
    Tells which rule a signature broke.
    --app-id ID       that of the environment by default
    --order-no NO  --user-id ID  --nonce NONCE  --version 1.0.0
    --for query|launch|report   a query (or a recognition), a launch of the phone SDK, or what the phone
              reports; told from the values by default
    --tickets-from-stdin   one ticket a line; those of type NONCE with "NONCE " in front;
              at most 100 of them
    Tickets come from the variables ${EXPLAIN_TICKET} and
    ${EXPLAIN_NONCE_TICKET}, from stdin, and from the ticket store of the environment.

Options
    --name NAME       of a named registration: its variables begin with NAME_
    --env PATH        variables that are not set already come from this file, of at most 256 kB
    --json            one JSON document instead of lines
    --lang en|zh      the language of the texts
    --help

Exit codes: 0 all is well (doctor: warnings included), or the signature fits; 1 something failed, or the
signature does not fit; 2 the command was not understood.`,
  `nestjs-bankcard-ocr doctor [--live [--fetch]] [选项]
    检查配置、到腾讯云的网络、时钟和 ticket 存储。请在应用所在的机器上、用应用的用户运行。
    不发送任何机密，也不改动已存放的内容。
    --live    同时检查凭证：用存储里现有的，没有可用的才获取，并查询一个不存在的订单
    --fetch   配合 --live 和 memory:：即使正在运行的进程可能持有凭证，也去获取新的；
              那个进程的凭证一分钟后作废

nestjs-bankcard-ocr sign --explain --sign 签名 [各个值] [选项]
    说明签名错在哪一条规则。
    --app-id ID       默认取环境变量里的
    --order-no NO  --user-id ID  --nonce NONCE  --version 1.0.0
    --for query|launch|report   查询（或识别）、启动手机 SDK、手机回传；默认按给出的值判断
    --tickets-from-stdin   每行一个 ticket，最多 100 个；NONCE 类型的在前面写 "NONCE "
    ticket 来自环境变量 ${EXPLAIN_TICKET}、
    ${EXPLAIN_NONCE_TICKET}，来自标准输入，以及环境变量所配置的 ticket 存储。

选项
    --name NAME       带名字的注册：变量名以 NAME_ 开头
    --env PATH        尚未设置的变量从这个文件读取，不超过 256 kB
    --json            输出一个 JSON 文档
    --lang en|zh      输出语言
    --help

退出码：0 一切正常（doctor 可以有警告），或签名正确；1 有检查失败，或签名不对；2 命令写错。`,
);
