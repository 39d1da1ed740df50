import type { JsonObject } from '../response/vendor-response.js';

/** The page that a gateway in front of the vendor shows when it cannot reach it. */
export const BAD_GATEWAY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n' +
  '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';

/** The page for paths that the vendor does not have. */
export const NOT_FOUND_PAGE = BAD_GATEWAY_PAGE.replaceAll('502 Bad Gateway', '404 Not Found');

/** The same keys, each value of a type that no document allows; `code` and `msg` stay, so that it looks like a success. */
export function withWrongTypes(json: JsonObject): JsonObject {
  const spoilt: JsonObject = {};
  for (const [name, value] of Object.entries(json)) {
    spoilt[name] = name === 'code' || name === 'msg' ? value : ofAnotherType(value);
  }
  return spoilt;
}

function ofAnotherType(value: unknown): unknown {
  if (typeof value === 'string') return 20_260_101;
  if (typeof value === 'number') return { seconds: value };
  if (typeof value === 'boolean') return 'no';
  return Array.isArray(value) ? {} : [];
}

/** The first half of a JSON text: no parser accepts it. */
export function firstHalf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}
