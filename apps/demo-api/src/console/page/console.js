// The page: its head, and the view that the address names.
import { json, useKey } from './api.js';
import { archiveView } from './archive.js';
import { cardsView, releasePhotos } from './cards.js';
import { credentialsView } from './credentials.js';
import { fill, h } from './dom.js';
import { errorBox } from './parts.js';
import { sandboxView } from './sandbox.js';
import { currentLanguage, t, useLanguage } from './texts.js';

let settings = { sandbox: false };
let view = new AbortController();
let keyInput;

async function start() {
  try {
    settings = await json('/console/settings');
    useKey(settings.key ?? '');
  } catch (error) {
    fill(document.body, h('main', {}, errorBox(error, start)));
    return;
  }
  addEventListener('hashchange', () => show(true));
  frame();
}

/** Everything anew, in the language of now. */
function frame() {
  const given = keyInput?.value ?? settings.key ?? '';
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-CN' : 'en';
  document.title = t('title');
  keyInput = h('input', { id: 'key', type: 'password', autocomplete: 'off', 'aria-describedby': 'key-help' });
  keyInput.value = given;
  keyInput.addEventListener('change', () => {
    useKey(keyInput.value.trim());
    show(false);
  });
  const language = h('button', { type: 'button', lang: currentLanguage() === 'zh' ? 'en' : 'zh-CN' }, t('language'));
  language.addEventListener('click', () => {
    useLanguage(currentLanguage() === 'zh' ? 'en' : 'zh');
    frame();
  });
  fill(
    document.body,
    h('a', { class: 'skip', href: '#main', onclick: skip }, t('skip')),
    h(
      'header',
      {},
      h('p', { class: 'brand' }, h('img', { src: '/console/icon.svg', alt: '' }), t('title')),
      h('nav', { 'aria-label': t('title') }, h('ul', { id: 'views' })),
      h(
        'div',
        { class: 'tools' },
        // In a form, so that Enter is enough.
        h(
          'form',
          { onsubmit: (event) => event.preventDefault() },
          h('label', { for: 'key' }, t('key')),
          ' ',
          keyInput,
          h('span', { id: 'key-help', class: 'hidden' }, t('keyHelp')),
        ),
        language,
      ),
    ),
    h('main', { id: 'main' }),
    h('p', { id: 'announcement', class: 'hidden', role: 'status' }),
  );
  show(false);
}

function skip(event) {
  event.preventDefault();
  document.querySelector('h1')?.focus();
}

/** @param {boolean} moved whether somebody has gone to another view, and wants to read on there */
function show(moved) {
  view.abort();
  view = new AbortController();
  releasePhotos();
  const [name = '', orderNo = ''] = location.hash.replace(/^#\//, '').split('/');
  const views = {
    cards: () => cardsView(settings, orderNo),
    archive: () => archiveView(view.signal, orderNo),
    credentials: () => credentialsView(view.signal),
  };
  if (settings.sandbox) views.sandbox = () => sandboxView(view.signal);
  const current = Object.hasOwn(views, name) ? name : 'cards';
  const links = Object.keys(views).map((each) => {
    const attributes = { href: `#/${each}`, 'aria-current': each === current ? 'page' : undefined };
    return h('li', {}, h('a', attributes, t(each)));
  });
  fill(document.getElementById('views'), links);
  fill(document.getElementById('main'), views[current]());
  if (moved) document.querySelector('h1')?.focus();
}

void start();
