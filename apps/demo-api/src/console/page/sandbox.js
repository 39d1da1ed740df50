// The fourth view: the sandbox behind this server. Everything in it is invented.
import { json } from './api.js';
import { announce, fill, h } from './dom.js';
import { errorBox, table } from './parts.js';
import { clockTime, either, span, t } from './texts.js';

const LATER = [1, 10, 20, 60, 120];
const POLL_MS = 2000;

/** @param {AbortSignal} signal aborted when another view is shown */
export function sandboxView(signal) {
  const parts = Object.fromEntries(
    ['faults', 'time', 'violations', 'journal', 'orders'].map((name) => [name, h('div', {})]),
  );
  const problem = h('div', {});
  let ordersShown = false;
  const show = (state) => {
    fill(problem);
    if (!parts.faults.contains(document.activeElement)) fill(parts.faults, faultsOf(state, change));
    else updateFaults(parts.faults, state);
    fill(parts.time, h('p', {}, t('ahead'), ' ', h('strong', {}, span(state.movedMs))));
    fill(parts.violations, violationsOf(state));
    fill(parts.journal, journalOf(state));
    if (!ordersShown) fill(parts.orders, ordersOf(state));
    ordersShown = true;
  };
  const change = async (path, method, body) => {
    try {
      show(await json(path, { method, body }));
      announce('OK');
    } catch (error) {
      fill(problem, errorBox(error));
    }
  };
  const poll = async () => {
    while (!signal.aborted) {
      try {
        show(await json('/sandbox', { signal }));
      } catch (error) {
        if (signal.aborted) return;
        fill(problem, errorBox(error));
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  void poll();
  const pass = (minutes) => change('/sandbox/time', 'POST', { minutes });
  const happen = (name) => change(`/sandbox/events/${name}`, 'POST');
  return [
    h('h1', { tabindex: -1 }, t('sandbox')),
    problem,
    h('section', {}, h('h2', {}, t('faults')), h('p', { class: 'quiet' }, t('faultsHelp')), parts.faults, [
      h(
        'div',
        { class: 'row' },
        ['kill-credentials', 'foreign-refresh'].map((name) =>
          h('button', { type: 'button', onclick: () => happen(name) }, t(name)),
        ),
      ),
    ]),
    h('section', {}, h('h2', {}, t('timeTitle')), h('p', { class: 'quiet' }, t('timeHelp')), parts.time, [
      h(
        'div',
        { class: 'row' },
        LATER.map((minutes) =>
          h('button', { type: 'button', onclick: () => pass(minutes) }, `+ ${span(minutes * 60_000)}`),
        ),
      ),
    ]),
    h('section', {}, h('h2', {}, t('violations')), parts.violations),
    h('section', {}, h('h2', {}, t('journal')), parts.journal),
    h('section', {}, h('h2', {}, t('orders')), h('p', { class: 'quiet' }, t('ordersHelp')), parts.orders),
  ];
}

function faultsOf({ faults }, change) {
  return h(
    'ul',
    { class: 'switches' },
    faults.map(({ name, active, hits }) => {
      const button = h(
        'button',
        { type: 'button', role: 'switch', 'aria-checked': String(active), 'data-fault': name },
        t(name),
      );
      button.addEventListener('click', () => {
        const isOn = button.getAttribute('aria-checked') === 'true';
        return change(`/sandbox/faults/${name}`, isOn ? 'DELETE' : 'PUT');
      });
      return h('li', {}, button, ' ', h('span', { class: 'quiet', 'data-hits': name }, hitsOf({ active, hits })));
    }),
  );
}

/** A switch that has the focus stays the same element. */
function updateFaults(place, { faults }) {
  for (const fault of faults) {
    place.querySelector(`[data-fault="${fault.name}"]`)?.setAttribute('aria-checked', String(fault.active));
    const hits = place.querySelector(`[data-hits="${fault.name}"]`);
    if (hits) hits.textContent = hitsOf(fault);
  }
}

function hitsOf({ active, hits }) {
  return active && hits > 0 ? `${hits} ${t('hits')}` : '';
}

function violationsOf({ violations }) {
  if (violations.length === 0) return h('p', { class: 'good-text' }, t('noViolations'));
  return h(
    'ul',
    {},
    violations.map(({ at, kind, text }) => h('li', {}, clockTime(at), ' ', h('code', {}, kind), ' ', text)),
  );
}

function journalOf({ journal }) {
  const rows = journal.map(({ at, endpoint, outcome, code, generation, fault }) => [
    clockTime(at),
    endpoint,
    code ?? '',
    outcome,
    generation ?? '',
    fault ?? '',
  ]);
  return table(t('journal'), [t('time'), t('endpoint'), t('code'), t('outcome'), t('generation'), t('faults')], rows);
}

function ordersOf({ orders }) {
  const rows = orders.map((order) => [
    h('a', { href: `#/cards/${order.orderNo}` }, order.orderNo),
    h('code', {}, order.code),
    either(order),
  ]);
  return table(t('orders'), [t('orderNo'), t('code'), t('meaning')], rows);
}
