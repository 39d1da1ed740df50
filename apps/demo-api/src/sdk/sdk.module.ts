import { Module } from '@nestjs/common';
import { SdkLaunchesController } from './sdk-launches.controller.js';
import { SdkResultsController } from './sdk-results.controller.js';

/** The backend's part in what happens on the phone. */
@Module({ controllers: [SdkLaunchesController, SdkResultsController] })
export class SdkModule {}
