/** What a figure has to be. */
export interface Goal {
  readonly id: string;
  readonly group: string;
  /** A missed `must` fails the run; a missed `aim` is told with its reason. */
  readonly kind: 'must' | 'aim';
  readonly test: 'atMost' | 'atLeast' | 'exactly';
  readonly value: number;
  /** What a miss of an aim comes from as a rule. */
  readonly reason?: string;
}

const must = (group: string, id: string, value: number, test: Goal['test'] = 'atMost'): Goal => ({
  id,
  group,
  kind: 'must',
  test,
  value,
});

const aim = (group: string, id: string, value: number, reason: string, test: Goal['test'] = 'atMost'): Goal => ({
  ...must(group, id, value, test),
  kind: 'aim',
  reason,
});

const EACH_FILE =
  'making files durable costs both about the same, and V8 collects a small heap more often than the large one of the other';
const EACH_REQUEST =
  'the AWS SDK costs most, a millisecond a request: the archive sends seven at most, the other one six';
const ONE_TURN = 'all responses together process 256 KB a turn; what is longer is the collection of garbage';

/** Every goal; ratios only, as those are all that travels from one machine to another. */
export const GOALS: readonly Goal[] = [
  must('small', 'small-undici-floor', 1.25),
  must('small', 'small-telemetry', 0.01),
  aim('small', 'small-http-usual', 0.6, 'axios itself is most of what the usual client costs, and stays in the way'),
  aim(
    'small',
    'https-undici',
    1.6,
    'encryption is a fixed cost for each record, and undici leaves little to divide it by',
  ),
  aim('small', 'https-http', 1.6, 'encryption is a fixed cost for each record'),
  must('photos', 'photos-8mb-undici', 0.4),
  must('photos', 'photos-8mb-http', 0.6),
  must('photos', 'photos-1mb-undici', 0.25),
  must('photos', 'photos-1mb-http', 0.5),
  must('memory', 'memory-buffers-ours-undici', 1),
  must('memory', 'memory-buffers-ours-http', 1),
  must('memory', 'memory-sink-ours-undici', 0.2),
  must('memory', 'memory-sink-ours-http', 0.2),
  must('memory', 'memory-files-ours-undici', 0.4),
  must('memory', 'memory-files-ours-http', 0.4),
  must('memory', 'memory-sink-in-turn-ours-undici', 2),
  must('memory', 'memory-sink-in-turn-ours-http', 2),
  aim('archive', 'archive-directory-cpu', 0.6, EACH_FILE),
  aim('archive', 'archive-bucket-cpu', 0.6, EACH_REQUEST),
  must('archive', 'archive-directory-memory-1mb-archive', 1),
  must('archive', 'archive-directory-memory-8mb-archive', 1),
  must('archive', 'archive-bucket-memory-1mb-archive', 1),
  must('archive', 'archive-bucket-memory-8mb-archive', 1),
  must('archive', 'archive-scaling-10000', 1.5),
  aim('stall', 'stall-undici-receive', 2, ONE_TURN),
  aim('stall', 'stall-undici-axios', 1 / 3, ONE_TURN),
  aim('stall', 'stall-http-receive', 2, `${ONE_TURN}; axios adds a stream`),
  aim('stall', 'stall-http-axios', 1 / 3, `${ONE_TURN}; axios adds a stream`),
  must('tickets', 'cold-token-calls', 1, 'exactly'),
  must('tickets', 'cold-ticket-calls', 1, 'exactly'),
  must('tickets', 'https-connections-undici', 50),
  must('tickets', 'https-connections-http', 50),
  aim('micro', 'signature', 2, 'sorting and joining five values are half as dear as the hash itself'),
  aim('micro', 'nonce-speed', 5, 'asking for entropy at once stopped paying', 'atLeast'),
  // A generator that is right goes beyond it once in ten thousand runs (61 degrees of freedom).
  aim('micro', 'nonce-uniform', 111, 'bad luck once in ten thousand runs; twice in a row it is a fault'),
  aim('micro', 'peek', 2, 'validity is judged by two ends, of the token and of the ticket'),
  aim('micro', 'current', 4, 'a promise costs more than the read'),
];
