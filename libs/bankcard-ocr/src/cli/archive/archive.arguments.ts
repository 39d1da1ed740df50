import { text } from '../../errors/text.js';
import { FLAG, readFlags, refusal, refuseMissing, TEXT } from '../arguments.js';

const FLAGS = {
  store: TEXT,
  keys: TEXT,
  'timestamp-ca': TEXT,
  queue: TEXT,
  root: TEXT,
  to: TEXT,
  by: TEXT,
  reason: TEXT,
  yes: FLAG,
} as const;

/** What can be done to an archive, what each cannot do without, and which other flags it takes. */
const ACTIONS = {
  status: { needs: [], takes: ['queue'] },
  verify: { needs: [], takes: ['root'] },
  export: { needs: ['to'], takes: [] },
  erase: { needs: ['by', 'reason'], takes: ['yes'] },
} as const;

export type ArchiveCommand = ReturnType<typeof readArchiveArguments>;

/** @throws `InputRefused` */
export function readArchiveArguments(args: string[]) {
  const { common, flags, positionals } = readFlags(args, FLAGS, true);
  const [action = '', ...orders] = positionals;
  if (!isAction(action)) {
    const [names, namesZh] = [Object.keys(ACTIONS).join(', '), Object.keys(ACTIONS).join('、')];
    throw refusal(`say archive and one of ${names}`, `请写 archive 加上 ${namesZh} 之一`);
  }
  const { needs, takes }: { readonly needs: readonly string[]; readonly takes: readonly string[] } = ACTIONS[action];
  refuseMissing(flags, needs);
  const { store, keys, 'timestamp-ca': timestampCa, queue, root, to = '', by = '', reason = '', yes = false } = flags;
  const own = ['queue', 'root', 'to', 'by', 'reason', 'yes'];
  const odd = own.find((flag) => flag in flags && !needs.includes(flag) && !takes.includes(flag));
  if (odd !== undefined)
    throw refusal(`--${odd} does not go with archive ${action}`, `--${odd} 不能与 archive ${action} 一起用`);
  if (action === 'status' && orders.length > 0) {
    throw refusal('archive status takes no order numbers', 'archive status 不接受订单号');
  }
  if ((action === 'export' || action === 'erase') && orders.length === 0) {
    throw refusal('name the orders, or - to read their numbers from stdin', '请给出订单号，或用 - 从标准输入读取');
  }
  const isDay = action === 'verify' && /^\d{4}-\d\d-\d\d$/.test(orders[0] ?? '');
  if (isDay && orders.length > 1) throw refusal('one day at a time', '一次只能校验一天');
  if (root !== undefined && (!isDay || !/^[0-9a-f]{64}$/i.test(root))) {
    throw refusal('--root goes with a day, and has 64 hexadecimal digits', '--root 须与日期一起用，为 64 位十六进制');
  }
  const place = { store, keys, timestampCa, queue };
  return { kind: 'archive' as const, ...common, ...place, action, orders, root, to, by, reason, yes };
}

function isAction(word: string): word is keyof typeof ACTIONS {
  return Object.hasOwn(ACTIONS, word);
}

export const ARCHIVE_USAGE = text(
  `nestjs-bankcard-ocr archive status|verify|export|erase [ORDER ... | -] [options]
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
    --timestamp-ca FILE  certificates that timestamps are verified with (BANKCARD_OCR_ARCHIVE_TIMESTAMP_CA)`,
  `nestjs-bankcard-ocr archive status|verify|export|erase [订单号 ... | -] [选项]
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
    --timestamp-ca 文件  用于验证时间戳的证书（BANKCARD_OCR_ARCHIVE_TIMESTAMP_CA）`,
);
