import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BackendModule } from './backend.module.js';
import { serve } from './serve.js';

void NestFactory.create(BackendModule, { logger: ['error', 'warn'] }).then(serve);
