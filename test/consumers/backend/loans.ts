import { Injectable } from '@nestjs/common';
import { InjectBankCardOcr, OcrResultService } from 'nestjs-bankcard-ocr';

/** The second account of the application. */
@Injectable()
export class Loans {
  constructor(@InjectBankCardOcr(OcrResultService, 'loans') readonly ocr: OcrResultService) {}

  async isGood(orderNo: string): Promise<boolean> {
    return (await this.ocr.query(orderNo)).warnings.length === 0;
  }
}
