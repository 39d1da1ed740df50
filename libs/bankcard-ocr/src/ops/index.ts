export { BankCardOcrOpsModule } from './bankcard-ocr-ops.module.js';
