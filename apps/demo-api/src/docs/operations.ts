import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schema = Readonly<Record<string, unknown>>;

const TEXT: Schema = { type: 'string' };
const INTEGER: Schema = { type: 'integer' };
const NUMBER: Schema = { type: 'number' };
const FLAG: Schema = { type: 'boolean' };
const TIME: Schema = { type: 'string', format: 'date-time' };
const ACCOUNT: Schema = { type: ['string', 'null'], description: 'null for the account without a name' };
const HEALTH: Schema = { type: 'string', enum: ['up', 'down'] };

const choice = (...values: string[]): Schema => ({ type: 'string', enum: values });
const list = (items: Schema): Schema => ({ type: 'array', items });

/** An object whose members are all there, but for those of `optional`. */
function object(members: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  return { type: 'object', properties: { ...members, ...optional }, required: Object.keys(members) };
}

const TEXTS = object({ en: TEXT, zh: TEXT });
const STORE = { description: TEXT, scope: choice('process', 'machine', 'fleet') };

/** What happened to credentials: each event has some of these. */
const EVENT = object(
  { account: ACCOUNT, at: TIME, event: TEXT },
  {
    generation: INTEGER,
    generationId: TEXT,
    source: TEXT,
    remainingMs: NUMBER,
    ageMs: NUMBER,
    reason: TEXT,
    attempt: INTEGER,
    forced: FLAG,
    code: TEXT,
    vendorCode: TEXT,
    actor: TEXT,
    retryInMs: NUMBER,
    operation: TEXT,
    times: INTEGER,
  },
);

const STATUS = {
  generation: INTEGER,
  generationId: TEXT,
  everObtained: FLAG,
  refreshing: FLAG,
  role: choice('refresher', 'reader'),
  ageMs: NUMBER,
  dueInMs: NUMBER,
  remainingMs: NUMBER,
  failure: object({ code: TEXT, meaning: TEXTS, retryInMs: NUMBER }, { vendorCode: TEXT }),
  foreignRefresher: object({ suspected: INTEGER }, { last: EVENT }),
  store: object({ ...STORE, failing: FLAG }),
};

const STORE_REPORT = {
  content: TEXT,
  findings: list(
    object({ status: choice('ok', 'warn', 'fail', 'skipped'), found: TEXTS }, { about: TEXT, todo: TEXTS }),
  ),
};
const RECORD = object(
  { revision: INTEGER, sealed: FLAG, anotherSecret: FLAG, readerRejected: FLAG, retiredTickets: INTEGER },
  {
    generation: INTEGER,
    ageMs: NUMBER,
    endsInMs: NUMBER,
    unfinished: object({ phase: choice('requesting', 'token-issued'), sinceMs: NUMBER }),
    failing: object({ attempts: INTEGER, retryInMs: NUMBER }),
    forcedMsAgo: NUMBER,
    restoredMsAgo: NUMBER,
  },
);

const SHOWN_ACCOUNT = object({
  account: ACCOUNT,
  runTime: FLAG,
  appId: TEXT,
  host: TEXT,
  transport: choice('undici', 'http-service'),
  role: choice('refresher', 'reader'),
  store: object({ ...STORE, encrypted: FLAG }),
  refreshIntervalMs: NUMBER,
  health: HEALTH,
  state: TEXT,
});
const CREDENTIALS = object(
  {
    account: ACCOUNT,
    health: HEALTH,
    state: choice('none', 'fresh', 'due', 'unknown'),
    intervalMs: NUMBER,
    stored: object(STORE_REPORT, { code: TEXT, record: RECORD }),
    events: list(EVENT),
  },
  STATUS,
);
const EXCHANGE = object(
  { account: ACCOUNT, at: TIME, endpoint: TEXT, outcome: TEXT, durationMs: INTEGER, attempt: INTEGER },
  { vendorCode: TEXT, status: INTEGER, generation: INTEGER },
);
const REFRESH = object(
  {
    account: ACCOUNT,
    outcome: choice('refreshed', 'too-soon', 'backing-off', 'failed'),
    joined: FLAG,
    durationMs: INTEGER,
  },
  {
    generation: INTEGER,
    by: choice('this-process', 'another-process'),
    code: TEXT,
    vendorCode: TEXT,
    message: TEXTS,
    retryInMs: NUMBER,
  },
);

/** The library's routes for operators: it does not import @nestjs/swagger, so they are described here. */
const OPERATIONS: Readonly<Record<string, { summary: string; type?: string; schema: Schema }>> = {
  accounts: { summary: 'The accounts in use', schema: object({ accounts: list(SHOWN_ACCOUNT) }) },
  credentials: {
    summary: 'The state of the credentials, and of their store',
    schema: object({ credentials: list(CREDENTIALS) }),
  },
  exchanges: { summary: 'Recent exchanges with Tencent', schema: object({ exchanges: list(EXCHANGE) }) },
  live: { summary: 'The same live, a line of JSON for each', type: 'application/x-ndjson', schema: TEXT },
  refresh: { summary: 'Fetch new credentials now', schema: REFRESH },
  'store-check': {
    summary: 'Try to write the store and to take its lease',
    schema: object({ account: ACCOUNT, ...STORE_REPORT }, { code: TEXT, record: RECORD }),
  },
};

const ACCOUNT_NAME = {
  name: 'account',
  in: 'query' as const,
  required: false,
  description: 'The name of an account; empty for the one without a name',
  schema: { type: 'string' },
};
const limit = (description: string, otherwise?: number) => ({
  name: 'limit',
  in: 'query' as const,
  required: false,
  description,
  schema: { type: 'integer', minimum: 1, maximum: 1_000, ...(otherwise !== undefined && { default: otherwise }) },
});
const LIMITS: Readonly<Record<string, ReturnType<typeof limit>[]>> = {
  exchanges: [limit('How many, the newest first', 100)],
  live: [limit('How many past exchanges the first line has; none by default')],
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
      parameters: [...(name === 'accounts' ? [] : [ACCOUNT_NAME]), ...(LIMITS[name] ?? [])],
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
