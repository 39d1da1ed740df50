import type { DynamicModule, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { MemoryLog } from './memory-log.js';

const applications: TestingModule[] = [];
const sandboxes: KycSandbox[] = [];

/** Start an application of these modules. */
export async function start(imports: (DynamicModule | Type)[], log = new MemoryLog()): Promise<TestingModule> {
  const application = await Test.createTestingModule({ imports }).setLogger(log).compile();
  applications.push(application);
  return application.init();
}

/** Start the vendor of an app id, who has a result for every order. */
export async function sandbox(appId: string): Promise<KycSandbox> {
  const started = await KycSandbox.start({ appId, unknownOrders: 'invent' });
  sandboxes.push(started);
  return started;
}

/** End what {@link start} and {@link sandbox} have started; to be called after each test. */
export async function stopAll(): Promise<void> {
  await Promise.all(applications.splice(0).map((application) => application.close()));
  await Promise.all(sandboxes.splice(0).map((one) => one.stop()));
}
