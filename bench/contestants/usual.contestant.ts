import { Agent as HttpsAgent } from 'node:https';
import { HttpModule, HttpService } from '@nestjs/axios';
import { NestFactory } from '@nestjs/core';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { firstValueFrom } from 'rxjs';
import { vendorAddress } from '../vendor/vendor-address.js';
import { OcrAnswerDto } from './answer.dto.js';
import { type Contestant, decodePhotos, pathOf, type Scheme } from './contestant.js';

/** The usual client of a Nest application: `HttpService` as it comes, the answer made an instance and validated. */
export async function createUsual(scheme: Scheme): Promise<Contestant> {
  const { ca, ...origins } = vendorAddress();
  const secure = scheme === 'https' && { httpsAgent: new HttpsAgent({ keepAlive: true, ca }) };
  const imports = HttpModule.register({ baseURL: origins[scheme], ...secure });
  const app = await NestFactory.createApplicationContext(imports, { logger: false });
  const http = app.get(HttpService);
  const get = async (path: string) => {
    const { data } = await firstValueFrom(http.get<object>(path));
    const answer = plainToInstance(OcrAnswerDto, data);
    const faults = await validate(answer);
    if (faults.length > 0) throw new Error(String(faults[0]));
    return answer;
  };
  return {
    name: 'usual',
    query: (orderNo) => get(pathOf(orderNo, false)),
    photos: async (orderNo) => decodePhotos(await get(pathOf(orderNo, true))),
    close: () => app.close(),
  };
}
