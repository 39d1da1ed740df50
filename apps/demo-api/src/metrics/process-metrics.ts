import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import type { Meter } from '@opentelemetry/api';

/**
 * Memory, CPU and delay of the event loop, under the names of the semantic conventions of OpenTelemetry. The packages of
 * OpenTelemetry for them bring the metrics of the whole machine, or of every space of the heap, and not the memory of
 * the process.
 *
 * @returns what ends it
 */
export function measureProcess(meter: Meter): () => void {
  meter
    .createObservableGauge('process.memory.usage', { unit: 'By', description: 'Resident memory of the process.' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableCounter('process.cpu.time', { unit: 's', description: 'CPU time of the process.' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { 'cpu.mode': 'user' });
      result.observe(system / 1e6, { 'cpu.mode': 'system' });
    });
  meter
    .createObservableGauge('process.uptime', { unit: 's', description: 'Time since the process started.' })
    .addCallback((result) => result.observe(process.uptime()));
  const delays = monitorEventLoopDelay();
  delays.enable();
  meter
    .createObservableGauge('nodejs.eventloop.delay.p99', {
      unit: 's',
      description: 'Delay of the event loop since the last time that it was read, 99th percentile.',
    })
    .addCallback((result) => {
      // Nothing has been sampled yet.
      if (delays.count > 0) result.observe(delays.percentile(99) / 1e9);
      delays.reset();
    });
  return () => void delays.disable();
}
