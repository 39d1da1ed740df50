import {
  BadRequestException,
  type CanActivate,
  type ExecutionContext,
  HttpStatus,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import { createOrderNo } from 'nestjs-bankcard-ocr';
import { AuditTrail } from '../audit/audit-trail.js';
import { type ClientRequest, textOf } from '../auth/client-request.js';
import { OrderOwners } from './order-owners.js';

/** What becomes of orders that this demo has not launched, or no longer knows. */
export abstract class UnknownOrders {
  abstract readonly areServed: boolean;
}

/** Who may use an order. */
@Injectable()
export class OrderAccess {
  constructor(
    private readonly owners: OrderOwners,
    private readonly unknown: UnknownOrders,
  ) {}

  /**
   * The order number for a new order of a tenant: the one that the client chose, or a new one.
   *
   * @throws {@link NotFoundException} when it belongs to another tenant
   * @throws {@link BadRequestException} when the client chose it and unknown orders are refused: it could choose another's,
   *   and would own it from then on
   */
  async claim(orderNo: string | undefined, tenant: string): Promise<string> {
    if (orderNo !== undefined && !this.unknown.areServed && (await this.owners.ownerOf(orderNo)) !== tenant) {
      const message = 'leave orderNo out: this server makes every order number itself (DEMO_UNKNOWN_ORDERS=refuse)';
      throw new BadRequestException({ statusCode: HttpStatus.BAD_REQUEST, error: 'Bad Request', message });
    }
    const claimed = orderNo ?? createOrderNo();
    if (!(await this.owners.claim(claimed, tenant))) throw notFound();
    return claimed;
  }

  /** @throws {@link NotFoundException} when it belongs to another tenant, or to none that is known */
  async check(orderNo: string, tenant: string): Promise<void> {
    const owner = await this.owners.ownerOf(orderNo);
    if (owner === undefined ? this.unknown.areServed : owner === tenant) return;
    throw notFound();
  }
}

/** Checks every route that has an order number in its path, before anything is asked. */
@Injectable()
export class OrderAccessGuard implements CanActivate {
  constructor(
    private readonly access: OrderAccess,
    private readonly audit: AuditTrail,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { apiKey, params } = context.switchToHttp().getRequest<ClientRequest>();
    const orderNo = textOf(params, 'orderNo');
    if (orderNo === undefined) return true;
    try {
      await this.access.check(orderNo, apiKey?.tenant ?? '');
    } catch (error) {
      await this.audit.refused(context, error instanceof NotFoundException ? 'order-not-found' : 'owner-unknown');
      throw error;
    }
    return true;
  }
}

/** Not 403: that the order exists is the other tenant's secret. */
function notFound(): NotFoundException {
  return new NotFoundException({
    statusCode: HttpStatus.NOT_FOUND,
    code: 'ORDER_NOT_FOUND',
    message: 'Tencent returned 66660020: no result for this order number',
  });
}
