import type { ArchiveBacklog, Telemetry } from '../telemetry/instrumentation.js';
import type { EvidenceReconciler } from './evidence-reconciler.js';
import type { EvidenceWorker } from './evidence-worker.js';

/**
 * Publish what worker and reconciler of an archive find: orders that are lost, rounds, and how far the archive is behind. What
 * `keep()` does is published by the archive.
 * @returns what ends it
 */
export function publishArchive(
  worker: Pick<EvidenceWorker, 'events$' | 'counts'>,
  reconciler: Pick<EvidenceReconciler, 'events$'> | undefined,
  telemetry: Telemetry,
): () => void {
  const backlog = new SampledBacklog(worker);
  const close = telemetry.openArchive(() => backlog.latest());
  const lost = worker.events$.subscribe((event) => {
    if (event.type === 'lost') telemetry.archiveEvent({ type: 'lost', code: event.code });
  });
  const rounds = reconciler?.events$.subscribe(({ type }) => {
    if (type === 'round') telemetry.archiveEvent({ type: 'round', outcome: 'OK' });
    if (type === 'round-failed') telemetry.archiveEvent({ type: 'round', outcome: 'FAILED' });
  });
  return () => {
    lost.unsubscribe();
    rounds?.unsubscribe();
    close();
  };
}

/** Who reads metrics does not wait for a queue, which may be down: each reading begins the next sample, and gets the one before. */
class SampledBacklog {
  #latest: ArchiveBacklog | undefined;
  #isSampling = false;

  constructor(private readonly worker: Pick<EvidenceWorker, 'counts'>) {
    this.latest();
  }

  latest(): ArchiveBacklog | undefined {
    if (!this.#isSampling) {
      this.#isSampling = true;
      void this.#sample().finally(() => (this.#isSampling = false));
    }
    return this.#latest;
  }

  /** Never rejects: that the queue fails is an event of the worker, and the last numbers stay. */
  async #sample(): Promise<void> {
    try {
      const { waiting, active, oldestWaitingMs } = await this.worker.counts();
      this.#latest = { waiting: waiting + active, oldestWaitingMs };
    } catch {
      // See above.
    }
  }
}
