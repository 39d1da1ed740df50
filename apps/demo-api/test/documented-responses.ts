import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** What is used here of an OpenAPI 3.1 document. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly responses: Readonly<Record<string, DescribedResponse>>;
}

interface DescribedResponse {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;
}

/** The document as it is committed. */
export function committedDocument(): Document {
  return JSON.parse(readFileSync(path.join(__dirname, '../openapi.json'), 'utf8')) as Document;
}

/** The statuses of what is wrong with HTTP itself, which an operation describes as `default`. */
const ABOUT_HTTP: ReadonlySet<number> = new Set([400, 404, 408, 413, 414, 415, 417, 431]);
const HTTP_ERROR = { $ref: '#/components/schemas/HttpErrorBody' };

/** Checks responses against a document: a status, a type or a member that it does not have is an error. */
export class DocumentedResponses {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    addFormats.default(this.#ajv);
    this.#document = closed(document) as Document;
  }

  /** @throws an error that names the route and says what is wrong */
  async check(method: string, url: string, response: Response): Promise<void> {
    const operation = this.operation(method, url);
    const { status } = response;
    const where = `${method} ${operation?.template ?? 'no route'} ${status}`;
    const described = operation?.responses[status] ?? (ABOUT_HTTP.has(status) ? aboutHttp() : undefined);
    if (!described || (!operation && status < 400)) throw new Error(`${where} is not in the document`);
    if (response.headers.has('retry-after') && !described.headers?.['Retry-After']) {
      throw new Error(`${where} has a header Retry-After that is not in the document`);
    }
    const type = (response.headers.get('content-type') ?? '').split(';')[0]!;
    const content = described.content?.[type] ?? described.content?.[`${type.split('/')[0]}/*`];
    if (!content) throw new Error(`${where} is of the type ${type}, which is not in the document`);
    if (type === 'application/json') this.checkValue(content.schema, await response.json(), where);
  }

  /** @throws an error when a value does not have a schema */
  checkValue(schema: object, value: unknown, where: string): void {
    const key = JSON.stringify(schema);
    const validate =
      this.#compiled.get(key) ?? this.#ajv.compile({ ...schema, components: this.#document.components } as object);
    this.#compiled.set(key, validate);
    if (validate(value)) return;
    throw new Error(`${where} is not as described: ${this.#ajv.errorsText(validate.errors)}: ${JSON.stringify(value)}`);
  }

  /** The examples of the document, each with its schema. */
  *examples(): Iterable<{ readonly where: string; readonly schema: object; readonly example: unknown }> {
    for (const [template, operations] of Object.entries(this.#document.paths)) {
      for (const [method, { responses }] of Object.entries(operations)) {
        for (const [status, { content = {} }] of Object.entries(responses)) {
          for (const { schema, example } of Object.values(content)) {
            if (example !== undefined) yield { where: `${method} ${template} ${status}`, schema, example };
          }
        }
      }
    }
  }

  operation(method: string, url: string): (Operation & { readonly template: string }) | undefined {
    const { pathname } = new URL(url, 'http://x');
    for (const [template, operations] of Object.entries(this.#document.paths)) {
      const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      const operation = operations[method.toLowerCase()];
      if (operation && pattern.test(pathname)) return { ...operation, template };
    }
    return undefined;
  }
}

function aboutHttp(): DescribedResponse {
  return { content: { 'application/json': { schema: HTTP_ERROR } } };
}

/** The same with every object closed: what is not described may not be there. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) copy[key] = key === 'example' ? member : closed(member);
  const isObjectSchema = copy['type'] === 'object' && 'properties' in copy;
  return isObjectSchema ? { additionalProperties: false, ...copy } : copy;
}
