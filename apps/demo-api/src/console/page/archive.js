// Another view: what was kept of the orders that this server has served.
import { json } from './api.js';
import { announce, fill, h } from './dom.js';
import { copyButton, errorBox, fact, orderForm } from './parts.js';
import { dateTime, span, t } from './texts.js';

const POLL_MS = 2000;
const GOOD_STATES = new Set(['kept', 'held']);
/** An order that has waited for so long needs somebody to look. */
const LONG_MS = 3_600_000;

/** @param {AbortSignal} signal aborted when another view is shown @param {string} [orderNo] to show at once */
export function archiveView(signal, orderNo = '') {
  const progress = h('section', {});
  const order = h('div', { id: 'order' });
  let shown = orderNo;
  let state = '';

  const showProgress = async () => {
    try {
      fill(progress, progressOf(await json('/archive', { signal })));
    } catch (error) {
      if (!signal.aborted) fill(progress, errorBox(error));
    }
  };
  const showOrder = async () => {
    const wanted = shown;
    if (wanted === '') return;
    try {
      const found = await json(`/bank-cards/${encodeURIComponent(wanted)}/archive`, { signal });
      // What has not changed stays as it is: a button may have the focus.
      if (wanted !== shown || state === JSON.stringify(found)) return;
      state = JSON.stringify(found);
      fill(order, orderOf(wanted, found, signal));
      announce(`${wanted}: ${t(`archive-${found.state}`)}`);
    } catch (error) {
      if (signal.aborted || wanted !== shown) return;
      state = 'error';
      fill(order, errorBox(error, showOrder));
    }
  };
  const search = (wanted) => {
    shown = wanted;
    state = '';
    history.replaceState(null, '', `#/archive/${wanted}`);
    return showOrder();
  };
  const poll = async () => {
    while (!signal.aborted) {
      // An error stays until somebody tries again.
      await Promise.all([showProgress(), state === 'error' ? undefined : showOrder()]);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  void poll();
  return [
    h('h1', { tabindex: -1 }, t('archive')),
    h('p', { class: 'quiet' }, t('archiveHelp')),
    progress,
    h('section', {}, h('h2', {}, t('archiveOrder')), orderForm(orderNo, t('look'), search).form, order),
  ];
}

function progressOf({ enabled, kept, waiting, lost, oldestWaitingMs, lastFailure }) {
  if (!enabled) return h('p', { class: 'warnings' }, t('archiveOff'));
  const badge = (good, value) => h('span', { class: good ? 'badge good' : 'badge bad' }, value);
  return h(
    'dl',
    { id: 'archive-progress' },
    fact(t('archiveKept'), h('span', { 'data-fact': 'kept' }, String(kept))),
    fact(t('archiveWaiting'), h('span', { 'data-fact': 'waiting' }, String(waiting))),
    fact(t('archiveOldest'), badge(oldestWaitingMs < LONG_MS, waiting === 0 ? '-' : span(oldestWaitingMs))),
    fact(t('archiveLost'), badge(lost === 0, h('span', { 'data-fact': 'lost' }, String(lost)))),
    lastFailure && fact(t('archiveFailure'), h('code', {}, lastFailure.code), ' ', dateTime(lastFailure.at)),
  );
}

function orderOf(orderNo, { state, ref, keptAt, heldUntil, retentionClass, photos, missing }, signal) {
  const names = (kinds) => kinds.map((kind) => t(kind)).join(', ');
  return h(
    'article',
    { class: 'archived', 'aria-label': orderNo },
    h(
      'dl',
      {},
      fact(
        t('state'),
        h(
          'span',
          { class: GOOD_STATES.has(state) ? 'badge good' : 'badge bad', 'data-state': state },
          t(`archive-${state}`),
        ),
      ),
      ref && fact(t('archiveRef'), h('code', { class: 'ref' }, ref), ' ', copyButton(ref)),
      keptAt && fact(t('archiveKeptAt'), dateTime(keptAt)),
      heldUntil && fact(t('archiveHeldUntil'), dateTime(heldUntil)),
      retentionClass && fact(t('retentionClass'), retentionClass),
      photos?.length > 0 && fact(t('photos'), names(photos)),
      missing?.length > 0 && fact(t('archiveMissing'), names(missing)),
    ),
    ref && verification(orderNo, signal),
  );
}

function verification(orderNo, signal) {
  const outcome = h('span', { role: 'status' });
  const button = h('button', { type: 'button' }, t('verify'));
  button.addEventListener('click', async () => {
    fill(outcome, t('verifying'));
    try {
      const { findings } = await json(`/bank-cards/${encodeURIComponent(orderNo)}/archive?verify=true`, { signal });
      const isGood = findings === 0;
      fill(
        outcome,
        h('span', { class: isGood ? 'good-text' : 'bad' }, isGood ? t('verified') : `${t('changed')} ${findings}`),
      );
    } catch (error) {
      if (!signal.aborted) fill(outcome, errorBox(error));
    }
  });
  return h('div', { class: 'row' }, button, outcome);
}
