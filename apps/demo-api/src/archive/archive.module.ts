import path from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import {
  BankCardOcrArchiveModule,
  DirectoryArchiveQueue,
  DirectoryEvidenceStore,
  EvidenceArchive,
  EvidenceReconciler,
  EvidenceWorker,
  FileKeyStore,
} from 'nestjs-bankcard-ocr/archive';
import type { ArchiveSettings } from '../settings/archive-settings.js';
import { ArchiveController } from './archive.controller.js';
import { OrderArchive } from './order-archive.js';
import { ServedOrders } from './served-orders.js';

/** The reconciler reads the whole list: it only finds what a crash has kept from the queue. */
const RECONCILE_EVERY_MS = 300_000;
/** Of the end of the process: an order that is not kept by then is kept after the next start. */
const SHUTDOWN_GRACE_MS = 2_000;

/** The archive of the orders that are served, for everybody who serves some. */
@Module({})
export class ArchiveModule {
  /** @param settings undefined for no archive; @param secret that order numbers are encrypted with in the list of served ones */
  static with(settings: ArchiveSettings | undefined, secret: Buffer): DynamicModule {
    const common = { module: ArchiveModule, global: true, controllers: [ArchiveController], exports: [OrderArchive] };
    if (!settings) return { ...common, providers: [{ provide: OrderArchive, useValue: new OrderArchive(undefined) }] };
    const { directory, keysDirectory, wrappingKeys, current } = settings;
    const store = new DirectoryEvidenceStore(path.join(directory, 'evidence'));
    const served = new ServedOrders(path.join(directory, 'served'), secret);
    return {
      ...common,
      imports: [
        BankCardOcrArchiveModule.forRootAsync({
          useFactory: () => ({
            store,
            keys: new FileKeyStore({ directory: keysDirectory, wrappingKeys, current }),
            queue: new DirectoryArchiveQueue(path.join(directory, 'queue')),
            worker: { shutdownGraceMs: SHUTDOWN_GRACE_MS },
            reconcile: { expected: served, intervalMs: RECONCILE_EVERY_MS },
          }),
        }),
      ],
      providers: [
        {
          provide: OrderArchive,
          inject: [EvidenceArchive, EvidenceWorker, EvidenceReconciler, OcrResultService],
          useFactory: (
            archive: EvidenceArchive,
            worker: EvidenceWorker,
            reconciler: EvidenceReconciler,
            ocr: OcrResultService,
          ) => new OrderArchive({ archive, store, worker, reconciler, served, ocr }),
        },
      ],
    };
  }
}
