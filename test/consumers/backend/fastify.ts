import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BackendModule } from './backend.module.js';
import { serve } from './serve.js';

const logger: ['error', 'warn'] = ['error', 'warn'];
void NestFactory.create<NestFastifyApplication>(BackendModule, new FastifyAdapter(), { logger }).then(serve);
