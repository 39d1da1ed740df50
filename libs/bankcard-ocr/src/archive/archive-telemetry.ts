import type { ArchiveBacklog, Telemetry } from '../telemetry/instrumentation.js';
import type { EvidenceReconciler } from './evidence-reconciler.js';

/**
 * Publish what a reconciler finds: orders that are lost, and how far the archive is behind. What `keep()` does is published
 * by the archive. @returns what ends it
 */
export function publishReconciler({ events$ }: Pick<EvidenceReconciler, 'events$'>, telemetry: Telemetry): () => void {
  let backlog: ArchiveBacklog | undefined;
  const close = telemetry.openArchive(() => backlog);
  const subscription = events$.subscribe((event) => {
    if (event.type === 'lost') telemetry.archiveEvent({ type: 'lost', code: event.code });
    else if (event.type === 'round-failed') telemetry.archiveEvent({ type: 'round', outcome: 'FAILED' });
    else if (event.type === 'round') {
      const { waiting, oldestWaitingMs } = event;
      backlog = { waiting, oldestWaitingMs };
      telemetry.archiveEvent({ type: 'round', outcome: 'OK' });
    }
  });
  return () => {
    subscription.unsubscribe();
    close();
  };
}
