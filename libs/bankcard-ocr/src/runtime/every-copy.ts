/**
 * Have `instanceof` accept what another copy of the library has made: applications of two module systems have two. Subclasses
 * accept their own objects only.
 * @param name known to every copy of the library in a process
 */
export function knownToEveryCopy(type: abstract new (...given: never[]) => object, name: string): void {
  const brand = Symbol.for(`nestjs-bankcard-ocr/${name}`);
  Object.defineProperty(type.prototype, brand, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this as () => void, value);
      return typeof value === 'object' && value !== null && Reflect.get(value, brand) === true;
    },
  });
}
