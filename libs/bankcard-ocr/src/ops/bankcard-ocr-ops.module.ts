import {
  type BeforeApplicationShutdown,
  Controller,
  type DynamicModule,
  Inject,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { numeric, readNumbers } from '../options/option-values.js';
import { SystemClock } from '../runtime/clock.js';
import { LiveFeed } from './live-feed.js';
import { ObservedAccounts } from './observed-accounts.js';
import { OperationsController } from './operations.controller.js';
import { OperationsService } from './operations.service.js';

/** How the routes for operators are mounted. */
interface BankCardOcrOpsOptions {
  /** Where, below the application's global prefix. @default 'ops' */
  readonly path?: string | undefined;
  /**
   * Decorators of the controller, e.g. `UseGuards(OperatorsGuard)`, or one that says which scope a client needs. Global
   * guards apply without being named.
   * @default none
   */
  readonly decorators?: readonly ClassDecorator[] | undefined;
  /** The modules that provide what those guards inject. @default none */
  readonly imports?: DynamicModule['imports'] | undefined;
  /** How many exchanges of each account are kept in memory, 1 to 10000. @default 200 */
  readonly recentExchanges?: number | undefined;
  /** How many clients may follow the live feed at once, 1 to 1000. @default 10 */
  readonly maxLiveClients?: number | undefined;
}

const COUNTS = {
  recentExchanges: { default: 200, ...numeric('whole number', false, 10_000) },
  maxLiveClients: { default: 10, ...numeric('whole number', false, 1_000) },
};

/**
 * Routes for operators: accounts, the state of their credentials, recent exchanges with Tencent, the same live, and a
 * refresh on demand. Nothing in them is secret, but what they show and do is not for everyone. The library never mounts
 * them: import the module where your own guards apply.
 *
 * @example
 * imports: [BankCardOcrOpsModule.forRoot({ path: 'ops', decorators: [UseGuards(OperatorsGuard)] })];
 */
@Module({})
export class BankCardOcrOpsModule implements OnModuleInit, BeforeApplicationShutdown {
  /** @throws `BankCardOcrConfigurationError` when an option is wrong */
  static forRoot(options: BankCardOcrOpsOptions = {}): DynamicModule {
    const { path = 'ops', decorators = [], imports = [] } = options;
    const { recentExchanges, maxLiveClients } = readNumbers(options, COUNTS);
    class BankCardOcrOpsController extends OperationsController {}
    for (const decorate of [...decorators, Controller(path)]) decorate(BankCardOcrOpsController);
    return {
      module: BankCardOcrOpsModule,
      imports: [...imports],
      controllers: [BankCardOcrOpsController],
      providers: [
        { provide: LiveFeed, useFactory: () => new LiveFeed(new SystemClock(), maxLiveClients) },
        {
          provide: ObservedAccounts,
          inject: [ModulesContainer, LiveFeed],
          useFactory: (application: ModulesContainer, feed: LiveFeed) => {
            return new ObservedAccounts(application, recentExchanges, {
              exchange: (shown) => feed.publish('exchange', shown),
              event: (shown) => feed.publish('credentials', shown),
            });
          },
        },
        {
          provide: OperationsService,
          inject: [ObservedAccounts],
          useFactory: (observed: ObservedAccounts) => new OperationsService(observed),
        },
      ],
    };
  }

  constructor(
    @Inject(ObservedAccounts) private readonly observed: ObservedAccounts,
    @Inject(LiveFeed) private readonly feed: LiveFeed,
  ) {}

  /** All accounts that were registered have been made by now, and none has been started. */
  onModuleInit(): void {
    this.observed.current();
  }

  /** The server stops after this: it would wait for the clients of the feed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.feed.end();
    this.observed.close();
  }
}
