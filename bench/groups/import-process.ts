import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { giveAnswer } from '../processes/pinned-process.js';

async function main(): Promise<void> {
  const began = performance.now();
  await import(process.argv[2] ?? '');
  giveAnswer(performance.now() - began);
}

main().catch((error: unknown) => giveAnswer(String(error)));
