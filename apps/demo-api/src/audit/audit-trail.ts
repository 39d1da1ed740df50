import { createHmac } from 'node:crypto';
import {
  type ExecutionContext,
  HttpStatus,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  ServiceUnavailableException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type ClientRequest, textOf } from '../auth/client-request.js';
import type { AuditFile } from './audit-file.js';

/** Where `@Audited()` leaves its mark. */
export const AUDITED = 'demo-api:audited';

/** What is audited of a route. */
export interface AuditedRoute {
  readonly event: 'reveal' | 'photo';
  readonly reason: 'required' | 'optional';
}

/** What became of a request: the data is about to be sent, or why it is not. */
export type AuditOutcome = 'released' | `refused: ${string}` | `failed: ${string}`;

/** A line of the audit file; members without a value are left out. */
interface AuditLine {
  readonly at: string;
  readonly event: AuditedRoute['event'];
  readonly tenant: string | undefined;
  readonly key: string | undefined;
  /** HMAC-SHA-256 of the order number: the same order has the same text, and the file is no list of order numbers. */
  readonly order: string;
  readonly photo: string | undefined;
  readonly reason: string | undefined;
  readonly outcome: AuditOutcome;
}

/** A hash of order numbers with a key: whoever has the text alone cannot find the number. */
export class OrderHash {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @returns 64 hexadecimal digits */
  of(orderNo: string): string {
    return createHmac('sha256', this.#key).update(`order ${orderNo}`).digest('hex');
  }
}

/** Writes who read a card number or a photo, and why, before anything of it is sent. */
@Injectable()
export class AuditTrail implements OnApplicationShutdown {
  readonly #log = new Logger('Audit');
  #isFailing = false;

  constructor(
    private readonly file: AuditFile,
    private readonly orders: OrderHash,
    private readonly reflector: Reflector,
  ) {}

  /** What is audited of the route; undefined for nothing. */
  routeOf(context: ExecutionContext): AuditedRoute | undefined {
    return this.reflector.get<AuditedRoute | undefined>(AUDITED, context.getHandler());
  }

  /** Write that a guard refuses a request; nothing for a route that is not audited. */
  async refused(context: ExecutionContext, why: string): Promise<void> {
    await this.write(context, `refused: ${why}`);
  }

  /**
   * Write a line; it is on disk when this returns.
   *
   * @throws {@link ServiceUnavailableException} when it may not be: nothing may be released then
   */
  async write(context: ExecutionContext, outcome: AuditOutcome, reason?: string): Promise<void> {
    const route = this.routeOf(context);
    if (!route) return;
    const { apiKey, params } = context.switchToHttp().getRequest<ClientRequest>();
    const line: AuditLine = {
      at: new Date().toISOString(),
      event: route.event,
      tenant: apiKey?.tenant,
      key: apiKey?.id,
      order: this.orders.of(textOf(params, 'orderNo') ?? ''),
      photo: photoOf(params),
      reason,
      outcome,
    };
    try {
      await this.file.append(JSON.stringify(line));
      if (this.#isFailing) this.#log.log('the audit file can be written again');
      this.#isFailing = false;
    } catch (error) {
      // Once: clients could fill the log.
      if (!this.#isFailing)
        this.#log.error(`the audit file cannot be written, nothing is released: ${reasonOf(error)}`);
      this.#isFailing = true;
      throw new ServiceUnavailableException({
        statusCode: HttpStatus.SERVICE_UNAVAILABLE,
        error: 'Service Unavailable',
        message: 'the audit log of this server cannot be written, so nothing was released; try again later',
      });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.file.close();
  }
}

/** A kind of photo, not validated yet. */
function photoOf(params: unknown): string | undefined {
  const kind = textOf(params, 'kind');
  return kind === undefined || /^[A-Za-z]{1,16}$/.test(kind) ? kind : 'invalid';
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message);
}
