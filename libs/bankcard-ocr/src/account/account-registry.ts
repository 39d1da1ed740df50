import type { ModulesContainer } from '@nestjs/core';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { maskAppId } from '../errors/redaction.js';
import type { AccountName } from './account-name.js';

const COPIES = Symbol.for('nestjs-bankcard-ocr/copies');

interface SharedByCopies {
  count: number;
  /** By application, because one process may run several (tests do). */
  readonly accounts: WeakMap<object, Set<RegisteredAccount>>;
}

const nothing: SharedByCopies = { count: 0, accounts: new WeakMap() };
const shared = ((globalThis as Record<symbol, unknown>)[COPIES] ??= nothing) as SharedByCopies;
shared.count += 1;
/** A test runner loads the library again for each file, or after a reset: that is no mistake. */
const isTestRunner = process.env['JEST_WORKER_ID'] !== undefined || process.env['VITEST'] !== undefined;
if (shared.count === 2 && !isTestRunner) {
  process.emitWarning(
    'A second copy of nestjs-bankcard-ocr was loaded into this process. The classes of one copy are not those of the ' +
      'other: services cannot be injected or got by them. Load the library by require() everywhere, or by import ' +
      'everywhere (an import() in a CommonJS application loads the copy of ES modules), and install it once',
    { code: 'OCR_LIBRARY_LOADED_TWICE' },
  );
}

/** Whether another copy of this library is in the process: installed twice, or loaded by `require()` and by `import`. */
export function isLoadedTwice(): boolean {
  return shared.count > 1;
}

interface RegisteredAccount {
  readonly appId: string;
  readonly ticketStore: unknown;
  /** The registration of the module; undefined for a client of a factory, which is never injected. */
  readonly registration?: { readonly name: AccountName };
}

/** Refuse an account that conflicts with another one of the application. @returns what ends it */
export function registerAccount(application: ModulesContainer, account: RegisteredAccount): () => void {
  const accounts = shared.accounts.get(application) ?? new Set();
  shared.accounts.set(application, accounts);
  for (const other of accounts) checkApart(account, other);
  accounts.add(account);
  return () => void accounts.delete(account);
}

/** All instances of a class that is its own token, whichever modules of the application provide them. */
export function instancesIn<T>(application: ModulesContainer, type: abstract new (...args: never[]) => T): T[] {
  return [...application.values()].flatMap(({ providers }) => {
    const instance: unknown = providers.get(type)?.instance;
    return instance instanceof type ? [instance] : [];
  });
}

function checkApart(account: RegisteredAccount, other: RegisteredAccount): void {
  const { registration, appId, ticketStore } = account;
  const areRegistrations = registration !== undefined && other.registration !== undefined;
  const [first, second] = [titled(other), titled(account)];
  if (appId === other.appId && areRegistrations)
    refuse(
      'appId',
      `BankCardOcrModule is registered twice for app id ${maskAppId(appId)}, as ${first.en} and as ` +
        `${second.en}, and the two would end each other's tickets. Call forRoot() or forRootAsync() once, in the ` +
        'root module, with isGlobal: true; or keep what the call returns in a constant and import that constant ' +
        'wherever it is needed, also with LazyModuleLoader, where every call makes another module',
      `BankCardOcrModule 为 app id ${maskAppId(appId)} 注册了两次（${first.zh}、${second.zh}），两者会互相作废 ticket。` +
        '请只在根模块调用一次 forRoot() 或 forRootAsync()，并设 isGlobal: true；或者把返回值存成常量，哪里需要就导入这个常量。' +
        'LazyModuleLoader 也一样：每次调用都会产生一个新模块',
    );
  if (appId === other.appId)
    refuse(
      'appId',
      `is that of another account (${first.en}), and the two would end each other's tickets: use one for both`,
      `与另一个账号（${first.zh}）相同，两者会互相作废 ticket：请共用一个`,
    );
  if (areRegistrations && registration.name === other.registration?.name)
    refuse(
      'name',
      `is ${registration.name === undefined ? 'missing' : first.en} for two app ids: give each registration a name of its ` +
        "own (one can do without), forRootAsync({ name: 'loans', ... }), and inject its services with " +
        "@InjectBankCardOcr(OcrResultService, 'loans')",
      `两个 app id 的名称相同（${first.zh}）：请分别起名（可以有一个不写），例如 forRootAsync({ name: 'loans', ... })，` +
        "并用 @InjectBankCardOcr(OcrResultService, 'loans') 注入各自的服务",
    );
  // A location in an option makes a new store for each account: a shared object is a store that the application made.
  if (typeof ticketStore === 'object' && ticketStore === other.ticketStore)
    refuse(
      'ticketStore',
      `is one object for ${first.en} and ${second.en}: a store holds the credentials of one app id, make one for each`,
      `${first.zh}和${second.zh}用的是同一个对象：一个存储只放一个 app id 的凭证，请分别创建`,
    );
}

function refuse(option: string, en: string, zh: string): never {
  throw new BankCardOcrConfigurationError([configurationIssue(option, new Problem(en, zh))]);
}

function titled({ registration }: RegisteredAccount): Problem {
  if (!registration) return new Problem('a client of BankCardOcrClientFactory', 'BankCardOcrClientFactory 的客户端');
  const quoted = registration.name && `'${registration.name}'`;
  return new Problem(quoted ?? 'the one without a name', quoted ?? '未命名的注册');
}
