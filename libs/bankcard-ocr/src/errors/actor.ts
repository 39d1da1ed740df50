/** Who has to act so that the same thing succeeds. */
export type Actor =
  /**
   * This library or its application: it did what it could, and may do the same later.
   *
   * 我们自己：本模块已经尽力，稍后再试可能成功。
   */
  | 'us'
  /**
   * The developer: configuration or request are wrong.
   *
   * 开发者：配置或请求有误。
   */
  | 'developer'
  /**
   * The vendor.
   *
   * 服务商。
   */
  | 'vendor'
  /**
   * The person with the card: a new photo, or a new attempt.
   *
   * 持卡人：重新拍照，或重新发起。
   */
  | 'end-user'
  /**
   * The business side: a contract.
   *
   * 业务方：合同问题。
   */
  | 'business';
