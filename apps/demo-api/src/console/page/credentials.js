// The second view: what becomes of the credentials, and every request to Tencent, live.
import { json, lines } from './api.js';
import { announce, fill, h } from './dom.js';
import { errorBox, fact, table } from './parts.js';
import { clockTime, either, span, t } from './texts.js';

const SHOWN_EXCHANGES = 50;
const POLL_MS = 2000;
const RECONNECT_MS = 2000;

const GOOD_STATES = new Set(['fresh', 'due']);

/** @param {AbortSignal} signal aborted when another view is shown */
export function credentialsView(signal) {
  const accounts = h('div', {});
  const problem = h('div', {});
  const connection = h('span', { class: 'badge' }, '…');
  const exchanges = h('div', {});
  let rows = [];

  const showExchanges = () => {
    if (rows.length === 0) return fill(exchanges, h('p', { class: 'quiet' }, t('noExchanges')));
    const heads = ['time', 'endpoint', 'outcome', 'vendorCode', 'duration', 'attempt', 'generation'].map(t);
    return fill(exchanges, table(t('exchanges'), heads, rows.map(exchangeCells)));
  };
  const refresh = async (account, button) => {
    button.disabled = true;
    button.textContent = t('refreshing');
    fill(problem);
    try {
      const query = account === null ? '' : `?account=${encodeURIComponent(account)}`;
      const outcome = await json(`/ops/refresh${query}`, { method: 'POST' });
      fill(problem, h('p', { role: 'status' }, outcomeText(outcome)));
      announce(outcomeText(outcome));
      await load();
    } catch (error) {
      fill(problem, errorBox(error));
    }
    button.disabled = false;
    button.textContent = t('refresh');
  };
  const load = async () => {
    const { credentials } = await json('/ops/credentials', { signal });
    // A button that has the focus, or is waiting, stays the same element.
    for (const one of credentials) {
      const known = accounts.querySelector(`[data-account="${one.account ?? ''}"]`);
      if (known) fill(known.querySelector('.facts'), factsOf(one));
      else accounts.append(accountOf(one, refresh));
    }
  };
  const poll = async () => {
    while (!signal.aborted) {
      try {
        await load();
        if (problem.querySelector('.error')) fill(problem);
      } catch (error) {
        if (signal.aborted) return;
        fill(problem, errorBox(error));
      }
      await pause(POLL_MS);
    }
  };
  const follow = async () => {
    while (!signal.aborted) {
      try {
        for await (const line of lines(`/ops/live?limit=${SHOWN_EXCHANGES}`, { signal })) {
          fill(connection, t('live'));
          connection.className = 'badge good';
          if (line.type === 'credentials') await load();
          if (line.type === 'start') rows = line.exchanges;
          else if (line.type === 'exchange') rows = [line, ...rows].slice(0, SHOWN_EXCHANGES);
          else continue;
          showExchanges();
        }
      } catch {
        if (signal.aborted) return;
      }
      fill(connection, t('notLive'));
      connection.className = 'badge bad';
      await pause(RECONNECT_MS);
    }
  };
  void poll();
  void follow();
  return [
    h('h1', { tabindex: -1 }, t('credentials')),
    problem,
    accounts,
    h('section', {}, h('h2', {}, t('exchanges'), ' ', connection), exchanges),
  ];
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function accountOf(one, refresh) {
  const button = h('button', { type: 'button' }, t('refresh'));
  button.addEventListener('click', () => refresh(one.account, button));
  return h(
    'section',
    { 'data-account': one.account ?? '' },
    h('div', { class: 'facts' }, factsOf(one)),
    h('div', { class: 'row' }, button),
    h('p', { class: 'quiet' }, t('refreshHelp')),
  );
}

function factsOf({
  account,
  state,
  health,
  generation,
  ageMs,
  intervalMs,
  remainingMs,
  failure,
  foreignRefresher,
  store,
  stored,
  events,
}) {
  const isGood = health === 'up' && GOOD_STATES.has(state) && !failure;
  return [
    account !== null && h('h2', {}, account),
    h('dl', {}, [
      fact(t('state'), h('span', { class: isGood ? 'badge good' : 'badge bad' }, t(`state-${state}`))),
      fact(t('generation'), h('span', { 'data-fact': 'generation' }, String(generation ?? '-'))),
      ageMs !== undefined &&
        fact(
          t('age'),
          h('span', {}, `${span(ageMs)} / ${span(intervalMs)}`),
          h('progress', { max: intervalMs, value: Math.min(ageMs, intervalMs), 'aria-label': t('age') }),
        ),
      remainingMs !== undefined && fact(t('remaining'), span(remainingMs)),
      failure &&
        fact(
          t('lastFailure'),
          h('code', {}, failure.vendorCode ?? failure.code),
          ' ',
          either(failure.meaning),
          ' · ',
          t('nextTry'),
          ' ',
          span(failure.retryInMs),
        ),
      store && fact(t('store'), store.description, store.failing && h('span', { class: 'badge bad' }, t('failing'))),
      stored?.record?.unfinished && fact(t('unfinished'), span(stored.record.unfinished.sinceMs)),
    ]),
    foreignRefresher?.suspected > 0 && h('p', { class: 'bad', role: 'alert' }, t('foreign')),
    h('details', {}, h('summary', {}, t('lastRefreshes')), eventsOf(events ?? [])),
  ];
}

function eventsOf(events) {
  const rest = ({ account: _account, at: _at, event: _event, ...members }) =>
    Object.entries(members)
      .filter(([name, value]) => value !== undefined && name !== 'generationId')
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return h(
    'ul',
    {},
    events
      .slice(0, 20)
      .map((event) => h('li', {}, clockTime(event.at), ' ', h('code', {}, event.event), ' ', rest(event))),
  );
}

function exchangeCells({ at, endpoint, outcome, vendorCode, durationMs, attempt, generation }) {
  const mark = h('span', { class: outcome === 'OK' ? 'good-text' : 'bad' }, outcome);
  return [clockTime(at), endpoint, mark, vendorCode ?? '', `${durationMs} ms`, attempt, generation ?? ''];
}

function outcomeText({ outcome, generation, message, retryInMs }) {
  const text = `${t(outcome)}${generation === undefined ? '' : ` (${t('generation')} ${generation})`}`;
  return [text, message && either(message), retryInMs && `${t('nextTry')} ${span(retryInMs)}`]
    .filter(Boolean)
    .join(' · ');
}
