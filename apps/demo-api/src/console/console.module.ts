import { Module } from '@nestjs/common';
import { ConsoleController } from './console.controller.js';

/** The page at `/`. */
@Module({ controllers: [ConsoleController] })
export class ConsoleModule {}
