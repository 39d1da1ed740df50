import { type DynamicModule, Global, Module } from '@nestjs/common';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { MovableClock } from './movable-clock.js';
import { SandboxControls } from './sandbox-controls.js';
import { SandboxController } from './sandbox.controller.js';

/** The sandbox that this process was started on, and the clock that it shares with the backend. */
@Global()
@Module({})
export class SandboxModule {
  static of(sandbox: KycSandbox, clock: MovableClock): DynamicModule {
    return {
      module: SandboxModule,
      controllers: [SandboxController],
      providers: [
        { provide: KycSandbox, useValue: sandbox },
        { provide: MovableClock, useValue: clock },
        SandboxControls,
      ],
      exports: [MovableClock],
    };
  }
}
