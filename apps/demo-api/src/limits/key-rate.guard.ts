import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { ClientRequest } from '../auth/client-request.js';
import { nameOf } from '../auth/api-keys.js';
import { tooManyRequests } from './too-many-requests.js';

/** Limits how many requests a key has in a minute, over all routes. Public routes are not counted. */
@Injectable()
export class KeyRateGuard extends ThrottlerGuard {
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return context.switchToHttp().getRequest<ClientRequest>().apiKey === null;
  }

  protected override async getTracker({ apiKey }: Pick<ClientRequest, 'apiKey'>): Promise<string> {
    return apiKey ? nameOf(apiKey) : '';
  }

  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return tracker;
  }

  protected override async throwThrottlingException(): Promise<void> {
    throw tooManyRequests('this API key has used up its requests of the minute; wait as Retry-After says');
  }
}
