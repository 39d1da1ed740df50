// The first view: an order number, and the card as people look at it.
import { json, request } from './api.js';
import { announce, fill, h, svg } from './dom.js';
import { copyButton, errorBox, fact, orderForm } from './parts.js';
import { dateTime, either, t } from './texts.js';

const PHOTO_KINDS = ['original', 'crop', 'numberStrip'];

/** @param {{sandbox: boolean}} settings @param {string} [orderNo] to show at once */
export function cardsView(settings, orderNo = '') {
  const result = h('section', { id: 'result', 'aria-busy': 'false' });
  const search = async (wanted) => {
    releasePhotos();
    result.setAttribute('aria-busy', 'true');
    fill(result, h('p', { class: 'quiet' }, t('searching')));
    history.replaceState(null, '', `#/cards/${wanted}`);
    try {
      const card = await json(`/bank-cards/${encodeURIComponent(wanted)}`);
      fill(result, cardOf(card));
      announce(`${t('number')} ${card.cardNumber}`);
    } catch (error) {
      fill(
        result,
        errorBox(error, () => search(wanted)),
      );
      announce(t('errorTitle'));
    }
    result.setAttribute('aria-busy', 'false');
  };
  const { form, input, submit } = orderForm(orderNo, t('find'), search);
  if (orderNo !== '') void submit();
  return [h('h1', { tabindex: -1 }, t('cards')), form, settings.sandbox && examples(input, submit), result];
}

function examples(input, submit) {
  const button = (orderNo) =>
    h('button', { type: 'button', class: 'link', onclick: () => ((input.value = orderNo), submit()) }, orderNo);
  const orders = ['exampleCleanCard', 'exampleExpiredPhotocopy', 'codeM9012'];
  return h(
    'p',
    { class: 'quiet examples' },
    t('example'),
    orders.map((orderNo) => [' ', button(orderNo)]),
  );
}

function cardOf(card) {
  const { validity, expired, warnings, clarity, operatedAt, retentionEndsAt, bizSeqNo } = card;
  const status =
    expired === undefined
      ? null
      : h('span', { class: expired ? 'badge bad' : 'badge good' }, expired ? t('expired') : t('unexpired'));
  return h(
    'article',
    { class: 'card', 'aria-label': card.orderNo },
    h('div', { class: 'facts' }, [
      h(
        'dl',
        {},
        fact(t('number'), numberOf(card)),
        fact(t('validity'), validity.raw === '' ? t('noValidity') : [validity.raw, ' ', status]),
        clarity === undefined ? null : fact(t('clarity'), `${clarity} / 100`),
        operatedAt && fact(t('operatedAt'), dateTime(operatedAt)),
        retentionEndsAt && fact(t('keptUntil'), dateTime(retentionEndsAt)),
        bizSeqNo && fact(t('bizSeqNo'), [h('code', {}, bizSeqNo), ' ', copyButton(bizSeqNo)]),
        fact(t('archive'), h('a', { href: `#/archive/${card.orderNo}` }, t('archiveLink'))),
      ),
      warningsOf(warnings),
    ]),
    photosOf(card),
  );
}

function warningsOf(warnings) {
  if (warnings.length === 0) return h('p', { class: 'quiet' }, t('noWarnings'));
  const list = warnings.map((warning) => h('li', {}, either(warning), ' ', h('code', {}, warning.code)));
  return h(
    'section',
    { class: 'warnings' },
    h('h2', {}, t('warnings')),
    h('ul', {}, list),
    h('p', { class: 'quiet' }, t('warningHelp')),
  );
}

/** The masked number; the whole one only for as long as it is revealed. */
function numberOf({ orderNo, cardNumber }) {
  const number = h('span', { class: 'number' }, cardNumber);
  const button = h('button', { type: 'button', class: 'small' }, t('reveal'));
  const problem = h('div', { role: 'status' });
  const hide = () => {
    number.textContent = cardNumber;
    button.textContent = t('reveal');
  };
  button.addEventListener('click', async () => {
    fill(problem);
    if (number.textContent !== cardNumber) return hide();
    const reason = await askReason();
    if (reason === undefined) return undefined;
    try {
      const path = `/bank-cards/${encodeURIComponent(orderNo)}/number`;
      const revealed = await json(path, { reason });
      number.textContent = revealed.cardNumber;
      button.textContent = t('hide');
    } catch (error) {
      fill(problem, errorBox(error));
    }
    return button.focus();
  });
  return [number, ' ', button, problem];
}

/** @returns {Promise<string | undefined>} undefined when the person thinks better of it */
function askReason() {
  const input = h('input', {
    id: 'reason',
    required: true,
    minlength: 3,
    maxlength: 200,
    autocomplete: 'off',
    'aria-describedby': 'reason-help',
  });
  const cancel = h('button', { type: 'button' }, t('cancel'));
  const form = h(
    'form',
    { method: 'dialog' },
    h('h2', { id: 'reason-title' }, t('reasonTitle')),
    h('label', { for: 'reason' }, t('reasonLabel')),
    input,
    h('p', { id: 'reason-help', class: 'quiet' }, t('reasonHelp')),
    h('div', { class: 'row' }, h('button', { type: 'submit', class: 'primary' }, t('reveal')), cancel),
  );
  const dialog = h('dialog', { 'aria-labelledby': 'reason-title' }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    cancel.addEventListener('click', () => dialog.close());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      dialog.close(input.value.trim());
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === '' ? undefined : dialog.returnValue);
    });
    dialog.showModal();
  });
}

let photoUrls = [];

/** Photos are personal data: those of the card before do not stay in memory. */
export function releasePhotos() {
  for (const url of photoUrls) URL.revokeObjectURL(url);
  photoUrls = [];
}

function photosOf({ orderNo }) {
  const place = h('div', { class: 'pictures', 'aria-live': 'polite' });
  const section = h('section', { class: 'photos' }, h('h2', {}, t('photos')), place);
  const load = async () => {
    fill(place, skeleton());
    try {
      const { photos } = await json(`/bank-cards/${encodeURIComponent(orderNo)}?photos=true`);
      const why = { pending: t('photosPending'), gone: t('photosGone'), absent: t('photosNone') }[photos.status];
      if (why) {
        const again = h('button', { type: 'button', onclick: load }, t('again'));
        return fill(place, h('p', {}, why), photos.status === 'pending' && again);
      }
      const kinds = PHOTO_KINDS.filter((kind) => photos.available.includes(kind));
      return fill(place, await Promise.all(kinds.map((kind) => pictureOf(photos.links[kind], kind))));
    } catch (error) {
      return fill(place, errorBox(error, load));
    }
  };
  void load();
  return section;
}

async function pictureOf(path, kind) {
  try {
    const url = URL.createObjectURL(await (await request(path)).blob());
    photoUrls.push(url);
    return h(
      'figure',
      { class: kind },
      h('img', { src: url, alt: `${t('photos')}: ${t(kind)}` }),
      h('figcaption', {}, t(kind)),
    );
  } catch (error) {
    return errorBox(error);
  }
}

function skeleton() {
  const shape = svg('svg', { viewBox: '0 0 160 100', class: 'skeleton', role: 'img', 'aria-label': t('photoLoading') });
  shape.append(
    svg('rect', { x: 1, y: 1, width: 158, height: 98, rx: 8 }),
    svg('rect', { x: 1, y: 20, width: 158, height: 16 }),
  );
  return shape;
}
