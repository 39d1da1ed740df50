import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem, unusableText } from '../errors/configuration-error.js';
import { SecretText } from '../runtime/secret-text.js';

/** Which of the library's own stores keeps the credentials. */
export type TicketStoreLocation =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly directory: string }
  /** The URL carries a password as a rule. */
  | { readonly kind: 'redis'; readonly url: SecretText };

const KINDS = new Problem(
  "names no kind of store that there is: 'memory:' keeps credentials in this process only; 'file:/directory' shares them " +
    "between all processes of one machine and survives restarts; 'redis://host:6379/0' or 'rediss://…' shares them " +
    'between any number of machines',
  "不是已有的存储种类：'memory:' 只在本进程内保存凭证；'file:/目录' 由同一台机器的所有进程共享，重启后仍在；" +
    "'redis://host:6379/0' 或 'rediss://…' 由任意多台机器共享",
);

/**
 * Read the text of the option `ticketStore`.
 *
 * @returns the location, or what is wrong
 */
export function readTicketStoreLocation(text: string): TicketStoreLocation | Problem {
  const value = text.trim();
  const unusable = unusableText(value);
  if (unusable) return unusable;
  if (value === 'memory:' || value === 'memory') return { kind: 'memory' };
  if (value.startsWith('file:')) return readFileLocation(value);
  if (/^rediss?:/i.test(value)) return readRedisLocation(value);
  // The text is not repeated: a Redis URL carries a password.
  return KINDS;
}

/** What to write when `ticketStore` is missing though the host is a real one. */
export const NAME_A_TICKET_STORE = new Problem(
  'must be named for a host that is not this machine, because a second process with credentials of its own kills the ' +
    "first one's a minute after its refresh. Say 'file:/var/lib/my-app/tickets' when all processes run on one machine " +
    "(they share one refresh, and a restart costs none); 'redis://host:6379/0' for several machines; " +
    "'memory:' only if exactly one process will ever use this app id",
  '访问的不是本机地址时必须指定：另一个进程如果自行获取凭证，前一个进程的凭证会在一分钟后作废。所有进程都在同一台机器上时写 ' +
    "'file:/var/lib/my-app/tickets'（共用一次刷新，重启也不必刷新）；多台机器写 'redis://host:6379/0'；" +
    "只有确定始终只有一个进程使用该 app id 时才写 'memory:'",
);

const NO_DIRECTORY = new Problem(
  'names no directory: write file:/var/lib/my-app/tickets',
  '没有写目录：请写成 file:/var/lib/my-app/tickets',
);

function readFileLocation(value: string): TicketStoreLocation | Problem {
  const path = value.slice('file:'.length);
  if (path === '' || path === '//' || path === '///') return NO_DIRECTORY;
  // Only a shell replaces these: a directory of that very name would be made.
  if (/^~|^["'$%<]/.test(path) || /[\u0000-\u001f\u007f]/.test(path)) {
    return new Problem(
      'must be a path as the file system knows it: nothing replaces ~ and variables here, and control characters and ' +
        'quotation marks are not allowed. Write file:/var/lib/my-app/tickets',
      '必须是文件系统里的实际路径：这里不会展开 ~ 和变量，也不能有控制字符和引号。请写成 file:/var/lib/my-app/tickets',
    );
  }
  if (!path.startsWith('//')) return { kind: 'file', directory: resolve(path) };
  try {
    return { kind: 'file', directory: fileURLToPath(value) };
  } catch {
    return new Problem(
      'is not a file URL of this machine: write file:/var/lib/my-app/tickets',
      '不是本机的文件 URL：请写成 file:/var/lib/my-app/tickets',
    );
  }
}

const RIGHT = new Problem(
  'write redis://user:password@host:6379/0, or rediss:// for TLS, and write % @ : / ? # in the user name or the password ' +
    'as %25 %40 %3A %2F %3F %23',
  '请写成 redis://用户:密码@主机:6379/0，TLS 用 rediss://；用户名或密码里的 % @ : / ? # 写成 %25 %40 %3A %2F %3F %23',
);

function wrongRedisUrl(en: string, zh: string): Problem {
  return new Problem(`${en}: ${RIGHT.en}`, `${zh}：${RIGHT.zh}`);
}

function readRedisLocation(value: string): TicketStoreLocation | Problem {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || url.hostname === '') return wrongRedisUrl('is not a Redis URL', '不是 Redis URL');
  // Its client decodes both, and dies of what cannot be decoded.
  if (![url.username, url.password].every(canBeDecoded)) {
    return wrongRedisUrl('has a bare % in its user name or password', '用户名或密码里有未转义的 %');
  }
  if (!/^\/?\d{0,9}$/.test(url.pathname)) return wrongRedisUrl('names a database that is no number', '库号不是数字');
  // Options of a client in the query string could switch off what keeps the fleet safe.
  if (url.search !== '' || url.hash !== '') {
    return new Problem(
      `has a query or a fragment: ${RIGHT.en}; for more hand in a RedisTicketStore`,
      `带有查询串或片段：${RIGHT.zh}；需要更多设置时请传入 RedisTicketStore`,
    );
  }
  return { kind: 'redis', url: new SecretText(value) };
}

/** Whether the percent signs of a text begin escapes. */
export function canBeDecoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
