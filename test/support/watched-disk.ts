import { type FileSystem, NODE_FILE_SYSTEM } from '../../libs/bankcard-ocr/src/runtime/file-system.js';

/** The machine's disk, of which a test can see whether it is at work: how long that takes is the machine's business. */
export class WatchedDisk {
  readonly files: FileSystem;
  #underWay = 0;

  constructor() {
    const { open, watch, ...others } = NODE_FILE_SYSTEM;
    this.files = {
      ...this.#watched(others),
      open: async (...how) => this.#watched(await this.#during(open(...how))),
      watch,
    };
  }

  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** The same object, every method of which counts while it is under way. */
  #watched<T extends object>(whole: T): T {
    return new Proxy(whole, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => this.#during(Reflect.apply(method, target, args) as Promise<unknown>);
      },
    });
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await work;
    } finally {
      this.#underWay -= 1;
    }
  }
}
