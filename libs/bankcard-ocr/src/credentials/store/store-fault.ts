/**
 * Why a store did not do what it was asked to. Its message may be shown: it tells of nothing that is stored or sent. Of
 * any other error only the code and the name are ever shown.
 */
export class StoreFault extends Error {
  override name = 'StoreFault';

  /**
   * @param code of the system (`EACCES`), of the server (`NOPERM`), or one of ours (`TIMEOUT`)
   * @param reason in words, without secrets
   */
  constructor(
    readonly code: string,
    reason?: string,
  ) {
    super(reason === undefined ? code : `${code}: ${reason}`);
  }
}
