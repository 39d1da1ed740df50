import { h } from './dom.js';
import { t } from './texts.js';
export function credentialsView() {
  return [h('h1', { tabindex: -1 }, t('credentials'))];
}
