import { NestFactory } from '@nestjs/core';
import { EvidenceReconciler } from 'nestjs-bankcard-ocr/archive';
import { AppModule } from './app.module.js';

async function work(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  // A stop lets orders that are being kept finish; the process ends with 0.
  app.enableShutdownHooks([], { useProcessExit: true });
  app.get(EvidenceReconciler).events$.subscribe((event) => {
    // The reference is a keyed hash; an order number does not belong into a log.
    if (event.type === 'kept') console.log(`kept ${event.ref} ${event.isNew}`);
    if (event.type === 'failed') console.log(`failed ${event.code}`);
    // Page the operator on duty.
    if (event.type === 'lost') console.log(`lost ${event.code}`);
  });
  console.log('ready');
}

void work();
