import type { FactoryProvider, Provider, ValueProvider } from '@nestjs/common';

/**
 * Have a provider of options give them with their secrets concealed, whether it has them or makes them.
 *
 * @param conceal is not asked about options that are none: judging them is for those who use them
 */
export function concealProvided<Options extends object>(
  provider: Exclude<Provider, (...args: never[]) => unknown>,
  conceal: (options: Options) => Options,
): Provider {
  const concealed = (options: unknown) => {
    return typeof options === 'object' && options !== null ? conceal(options as Options) : options;
  };
  if ('useValue' in provider) return { ...provider, useValue: concealed(provider.useValue) } satisfies ValueProvider;
  if (!('useFactory' in provider)) return provider;
  const useFactory = async (...dependencies: unknown[]) => concealed(await provider.useFactory(...dependencies));
  return { ...provider, useFactory } satisfies FactoryProvider;
}
