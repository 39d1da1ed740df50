import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schema = {
  readonly type: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
};

const LIST: Schema = { type: 'array', items: { type: 'object' } };

/** The library's routes for operators: it does not import @nestjs/swagger, so they are described here. */
const OPERATIONS: Readonly<Record<string, { summary: string; type?: string; schema: Schema }>> = {
  accounts: { summary: 'The accounts in use', schema: { type: 'object', properties: { accounts: LIST } } },
  credentials: {
    summary: 'The state of the credentials, and of their store',
    schema: { type: 'object', properties: { credentials: LIST } },
  },
  exchanges: { summary: 'Recent exchanges with Tencent', schema: { type: 'object', properties: { exchanges: LIST } } },
  live: { summary: 'The same live, a line of JSON for each', type: 'application/x-ndjson', schema: { type: 'string' } },
  refresh: { summary: 'Fetch new credentials now', schema: { type: 'object' } },
  'store-check': { summary: 'Try to write the store and to take its lease', schema: { type: 'object' } },
};

const PARAMETERS = [
  {
    name: 'account',
    in: 'query' as const,
    required: false,
    description: 'The name of an account; empty for the one without a name',
    schema: { type: 'string' },
  },
];
const LIMIT = {
  name: 'limit',
  in: 'query' as const,
  required: false,
  description: 'How many, the newest first',
  schema: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
};

/** Complete what a document says of the routes of `BankCardOcrOpsModule`. */
export function describeOperations({ paths }: OpenAPIObject): void {
  for (const [name, { summary, type = 'application/json', schema }] of Object.entries(OPERATIONS)) {
    const item = paths[`/ops/${name}`];
    const operation: Operation | undefined = item?.get ?? item?.post;
    if (!operation) continue;
    const error = operation.responses['401'];
    Object.assign(operation, {
      summary,
      tags: ['operations'],
      // Of the class, which is not carried over to the methods that it inherits.
      'x-required-scopes': ['ops'],
      parameters: name === 'accounts' ? [] : [...PARAMETERS, ...(name === 'exchanges' ? [LIMIT] : [])],
      responses: {
        ...operation.responses,
        '200': { description: summary, content: { [type]: { schema } } },
        ...Object.fromEntries(
          Object.entries({ 400: 'a parameter is wrong', 404: 'no such account', 503: 'not at the moment' }).map(
            ([status, description]) => [status, { ...error, description }],
          ),
        ),
      },
    });
  }
}
