import {
  type BeforeApplicationShutdown,
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type AccountName, checkAccountName } from '../account/account-name.js';
import { instancesIn } from '../account/account-registry.js';
import { BankCardOcrClient } from '../account/create-client.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { tokenNamed } from '../nest/bankcard-ocr.tokens.js';
import type { Telemetry } from '../telemetry/instrumentation.js';
import { ArchiveQueue } from './archive-queue.js';
import { publishArchive } from './archive-telemetry.js';
import { EvidenceArchive, type EvidenceArchiveOptions } from './evidence-archive.js';
import { EvidenceReconciler, type ReconcilerOptions } from './evidence-reconciler.js';
import { EvidenceStore } from './evidence-store.js';
import { EvidenceWorker, type EvidenceWorkerOptions } from './evidence-worker.js';
import type { ExpectedOrders } from './expected-orders.js';
import { KeyStore } from './key-store.js';
import { MemoryArchiveQueue } from './memory-archive.queue.js';

/** What the archive of an account is made of. */
export interface BankCardOcrArchiveOptions {
  /** Where evidence is kept, e.g. `new DirectoryEvidenceStore('/var/lib/evidence')`. One for each account. */
  readonly store: EvidenceStore;
  /** Where keys are kept, apart from the evidence. One for each account. */
  readonly keys: KeyStore;
  /** Timestamps of RFC 3161 for the root of each day. @default none */
  readonly timestamps?: EvidenceArchiveOptions['timestamps'];
  /** What is not kept although Tencent sends it: kinds of photos, and `validity`, the expiry date. @default nothing */
  readonly omit?: EvidenceArchiveOptions['omit'];
  /**
   * The orders that are to be kept, shared by the processes of a machine (`DirectoryArchiveQueue`) or of many
   * (`BullMqArchiveQueue`). One for each account; it is closed at shutdown.
   * @default with `reconcile`, a queue in the memory of this process; otherwise none: the application calls `keep()`
   */
  readonly queue?: ArchiveQueue | undefined;
  /** How the orders of the queue are kept. */
  readonly worker?: EvidenceWorkerOptions | undefined;
  /** Compare the archive with the orders that the application expects, in the background. @default none */
  readonly reconcile?: (ReconcilerOptions & { readonly expected: ExpectedOrders }) | undefined;
}

interface ArchiveModuleExtras {
  /** Whether the archive can be injected everywhere without importing the module. @default false */
  readonly isGlobal?: boolean | undefined;
  /** The name of the registration of `BankCardOcrModule` whose orders are kept. @default none: the one without a name */
  readonly name?: string | undefined;
}

const OPTIONS = Symbol.for('nestjs-bankcard-ocr/archive-options');
const ACCOUNT = Symbol.for('nestjs-bankcard-ocr/archive-account');

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<BankCardOcrArchiveOptions>({
  optionsInjectionToken: OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createArchiveOptions')
  .setExtras<ArchiveModuleExtras>({ isGlobal: false, name: undefined }, (definition, { isGlobal, name }) => ({
    ...withArchive(definition, name),
    global: isGlobal,
  }))
  .build();

/** The archive of one account, which is found in the application. */
class ArchivedAccount {
  #client: BankCardOcrClient | undefined;

  constructor(
    private readonly application: ModulesContainer,
    private readonly name: AccountName,
  ) {}

  get appId(): string {
    return this.client.forOperators.options.appId;
  }

  get host(): string {
    return this.client.forOperators.options.baseUrl.origin;
  }

  get results(): BankCardOcrClient['results'] {
    return this.client.results;
  }

  get telemetry(): Telemetry {
    return this.client.forOperators.telemetry;
  }

  /** Modules are made in any order: the account is there when the first of them starts. */
  get client(): BankCardOcrClient {
    this.#client ??= instancesIn(this.application, BankCardOcrClient).find(({ forOperators }) => {
      return forOperators.telemetry.account === this.name;
    });
    if (this.#client) return this.#client;
    const which = this.name === undefined ? 'without a name' : `with the name '${this.name}'`;
    throw new BankCardOcrConfigurationError([
      configurationIssue(
        'name',
        new Problem(
          `BankCardOcrArchiveModule keeps the orders of a registration of BankCardOcrModule ${which}, and there is none: ` +
            'import BankCardOcrModule.forRoot() in the application, under the same name',
          `BankCardOcrArchiveModule 找不到对应的 BankCardOcrModule 注册（name: ${this.name ?? '无'}）：请在应用中以相同名称导入`,
        ),
      ),
    ]);
  }
}

function withArchive(definition: DynamicModule, name: AccountName): DynamicModule {
  if (name !== undefined) checkAccountName(name);
  const archive = tokenNamed(EvidenceArchive, name);
  const worker = tokenNamed(EvidenceWorker, name);
  const reconciler = tokenNamed(EvidenceReconciler, name);
  return {
    ...definition,
    providers: [
      ...(definition.providers ?? []),
      {
        provide: ACCOUNT,
        inject: [ModulesContainer],
        useFactory: (application: ModulesContainer) => new ArchivedAccount(application, name),
      },
      {
        provide: archive,
        inject: [OPTIONS, ACCOUNT],
        useFactory: (options: BankCardOcrArchiveOptions, account: ArchivedAccount) => {
          const { store, keys, queue, timestamps, omit } = options;
          checkOptions(store, keys, queue);
          return new EvidenceArchive({ source: account, store, keys, timestamps, omit });
        },
      },
      {
        provide: worker,
        inject: [OPTIONS, archive],
        useFactory: (options: BankCardOcrArchiveOptions, evidence: EvidenceArchive) => {
          const queue = options.queue ?? (options.reconcile && new MemoryArchiveQueue());
          return queue && new EvidenceWorker(evidence, queue, options.worker);
        },
      },
      {
        provide: reconciler,
        inject: [OPTIONS, { token: worker, optional: true }],
        useFactory: ({ reconcile }: BankCardOcrArchiveOptions, keeper?: EvidenceWorker) => {
          return reconcile && keeper && new EvidenceReconciler(keeper, reconcile.expected, reconcile);
        },
      },
      { provide: STARTED, inject: [archive, worker, reconciler], useFactory: (...parts: unknown[]) => parts },
    ],
    exports: [archive, worker, reconciler],
  };
}

/** What starts and ends with the module, whatever its tokens are called. */
const STARTED = Symbol.for('nestjs-bankcard-ocr/archive-parts');

function checkOptions(store: unknown, keys: unknown, queue: unknown): void {
  const issues = [
    !(store instanceof EvidenceStore) &&
      configurationIssue(
        'store',
        new Problem(
          'must be an EvidenceStore, e.g. new DirectoryEvidenceStore(directory)',
          '必须是 EvidenceStore，例如 new DirectoryEvidenceStore(directory)',
        ),
      ),
    !(keys instanceof KeyStore) &&
      configurationIssue(
        'keys',
        new Problem(
          'must be a KeyStore, e.g. new FileKeyStore({ directory, wrappingKeys })',
          '必须是 KeyStore，例如 new FileKeyStore({ directory, wrappingKeys })',
        ),
      ),
    queue !== undefined &&
      !(queue instanceof ArchiveQueue) &&
      configurationIssue(
        'queue',
        new Problem(
          'must be an ArchiveQueue, e.g. new DirectoryArchiveQueue(directory)',
          '必须是 ArchiveQueue，例如 new DirectoryArchiveQueue(directory)',
        ),
      ),
  ].filter((issue) => issue !== false);
  if (issues.length > 0) throw new BankCardOcrConfigurationError(issues);
}

/**
 * Return the token by which the archive of a named registration is injected; with `EvidenceWorker` or
 * `EvidenceReconciler` as the second argument, that of this part of it.
 * @param name of the registration; without one, the class is the token
 * @example
 * constructor(
 *   @Inject(getEvidenceArchiveToken('loans')) private readonly archive: EvidenceArchive,
 *   @Inject(getEvidenceArchiveToken('loans', EvidenceWorker)) private readonly worker: EvidenceWorker,
 * ) {}
 */
export function getEvidenceArchiveToken(name?: string): Type<EvidenceArchive>;
export function getEvidenceArchiveToken<Part extends typeof EvidenceWorker | typeof EvidenceReconciler>(
  name: string | undefined,
  part: Part,
): Type<InstanceType<Part>>;
export function getEvidenceArchiveToken(name?: string, part: Type | typeof EvidenceArchive = EvidenceArchive): Type {
  if (name !== undefined) checkAccountName(name);
  return tokenNamed(part, name) as Type;
}

/**
 * The evidence archive of an account: provides {@link EvidenceArchive}; with the option `queue` or `reconcile`
 * {@link EvidenceWorker}, and with `reconcile` {@link EvidenceReconciler}. Startup fails when store and keys cannot be used, or are those of another app id.
 *
 * @example
 * imports: [
 *   BankCardOcrArchiveModule.forRoot({
 *     store: new DirectoryEvidenceStore('/var/lib/evidence'),
 *     keys: new FileKeyStore({ directory: '/var/lib/evidence-keys', wrappingKeys: { k1: process.env.EVIDENCE_KEY } }),
 *   }),
 * ];
 */
@Module({})
export class BankCardOcrArchiveModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  #stopPublishing: (() => void) | undefined;

  constructor(
    @Inject(STARTED)
    private readonly parts: readonly [EvidenceArchive, EvidenceWorker | undefined, EvidenceReconciler | undefined],
    @Inject(ACCOUNT) private readonly account: ArchivedAccount,
  ) {
    super();
  }

  /** All accounts have been made by now. @throws `BankCardOcrConfigurationError` */
  async onModuleInit(): Promise<void> {
    void this.account.client;
    const [archive, worker] = this.parts;
    await archive.open();
    await worker?.open();
  }

  onApplicationBootstrap(): void {
    const [, worker, reconciler] = this.parts;
    if (worker) this.#stopPublishing = publishArchive(worker, reconciler, this.account.telemetry);
    worker?.start();
    reconciler?.start();
  }

  /** Before the account closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    const [, worker, reconciler] = this.parts;
    await reconciler?.stop();
    await worker?.stop();
    this.#stopPublishing?.();
  }
}
