import { type DynamicModule, Global, Module } from '@nestjs/common';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { MovableClock } from './movable-clock.js';
import { SandboxControls } from './sandbox-controls.js';
import { SandboxController } from './sandbox.controller.js';

/** The API key that the console may show to everybody; an injection token. */
export const SHOWN_KEY = Symbol('SHOWN_KEY');

/** The sandbox that this process was started on, and the clock that it shares with the backend. */
@Global()
@Module({})
export class SandboxModule {
  /** @param shownKey opens invented cards to this machine only; undefined when the start was given keys of its own */
  static of(
    sandbox: KycSandbox,
    { clock, shownKey }: { readonly clock: MovableClock; readonly shownKey: string | undefined },
  ): DynamicModule {
    return {
      module: SandboxModule,
      controllers: [SandboxController],
      providers: [
        { provide: KycSandbox, useValue: sandbox },
        { provide: MovableClock, useValue: clock },
        { provide: SHOWN_KEY, useValue: shownKey },
        SandboxControls,
      ],
      exports: [MovableClock, SHOWN_KEY],
    };
  }
}
