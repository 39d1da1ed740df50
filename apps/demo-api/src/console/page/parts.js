// Parts that several views have.
import { ApiError } from './api.js';
import { announce, h } from './dom.js';
import { adviceFor, t } from './texts.js';

/** A row of a `dl`. */
export function fact(name, ...value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
}

export function copyButton(text) {
  const button = h('button', { type: 'button', class: 'small' }, t('copy'));
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = t('copied');
    announce(t('copied'));
  });
  return button;
}

/** What went wrong, and what to do about it. */
export function errorBox(error, again) {
  const failure = error instanceof ApiError ? error : new ApiError(0, { message: String(error) });
  const { status, body } = failure;
  return h(
    'div',
    { class: 'error', role: 'alert' },
    h('h2', {}, t('errorTitle')),
    body.message && h('p', { lang: 'en', class: 'quiet' }, [body.message].flat().join('; ')),
    h('p', {}, h('strong', {}, t('whatToDo')), ' ', adviceFor(failure)),
    h(
      'dl',
      { class: 'codes' },
      fact(t('code'), h('code', {}, body.code ?? (status === 0 ? '-' : `HTTP ${status}`))),
      body.vendorCode && fact(t('vendorCode'), h('code', {}, body.vendorCode)),
      body.bizSeqNo && fact(t('bizSeqNo'), [h('code', {}, body.bizSeqNo), ' ', copyButton(body.bizSeqNo)]),
    ),
    again && h('button', { type: 'button', onclick: again }, t('again')),
  );
}

/**
 * A form for an order number.
 *
 * @param {string} orderNo to begin with @param {string} action what the button says @param {(orderNo: string) => unknown} search
 */
export function orderForm(orderNo, action, search) {
  const input = h('input', {
    id: 'order-number',
    name: 'orderNo',
    value: orderNo,
    required: true,
    maxlength: 32,
    pattern: '[0-9A-Za-z]{1,32}',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    'aria-describedby': 'order-help',
  });
  const submit = (event) => {
    event?.preventDefault();
    return search(input.value.trim());
  };
  const form = h(
    'form',
    { class: 'search', onsubmit: submit },
    h('label', { for: 'order-number' }, t('orderNo')),
    h('div', { class: 'row' }, input, h('button', { type: 'submit', class: 'primary' }, action)),
    h('p', { id: 'order-help', class: 'quiet' }, t('orderHelp')),
  );
  return { form, input, submit };
}

/** A table that can be scrolled by keyboard when it is wider than the screen. */
export function table(name, heads, rows) {
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          heads.map((head) => h('th', { scope: 'col' }, head)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((cells) =>
          h(
            'tr',
            {},
            cells.map((cell) => h('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
}
