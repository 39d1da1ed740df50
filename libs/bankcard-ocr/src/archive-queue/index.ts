export { BullMqArchiveQueue, type BullMqArchiveQueueOptions } from './bullmq-archive.queue.js';
