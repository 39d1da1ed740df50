import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { BankCardOcrConfigurationError, configurationFault } from '../../errors/configuration-error.js';
import { Problem } from '../../errors/problem.js';
import { FileTicketStore } from './file-ticket.store.js';
import { StoreFault } from './store-fault.js';
import type { StoreAccess, TicketStore } from './ticket-store.js';

/**
 * Prepare a store for the access that a process needs.
 *
 * @param isOurs whether the library has made it, and so closes it again when it cannot be used
 * @throws {@link BankCardOcrConfigurationError} when it refuses that: the start is refused
 */
export async function openTicketStore(store: TicketStore, access: StoreAccess, isOurs: boolean): Promise<TicketStore> {
  try {
    await store.open(access);
    return store;
  } catch (error) {
    if (isOurs) await store.close();
    throw isBankCardOcrError(error) && error.code === 'CONFIGURATION' ? error : refusal(store, error);
  }
}

function refusal(store: TicketStore, error: unknown): BankCardOcrConfigurationError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault';
  const reason = error instanceof StoreFault ? error.message : code;
  const advice =
    store instanceof FileTicketStore
      ? new Problem(
          'name a directory on a local disk that the user of this process may write to, and whose file system knows hard links',
          '请指定本地磁盘上的目录：本进程的用户可写，且文件系统支持硬链接',
        )
      : new Problem('its open() has failed, see the cause', '它的 open() 失败了，原因见 cause');
  const problem = new Problem(
    `${store.description} cannot be used (${reason}): ${advice.en}`,
    `${store.description} 无法使用（${reason}）：${advice.zh}`,
  );
  return new BankCardOcrConfigurationError(
    [configurationFault('ticketStore', problem, 'BANKCARD_OCR_TICKET_STORE')],
    error,
  );
}
