// Elements without markup: every text is a text node, so that nothing a server sends can become an element.

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | undefined | ((event: Event) => unknown)>} [attributes] `on…` is a listener, true an attribute without a value, false and undefined none
 * @param {...unknown} children texts, elements, lists of them; null, undefined and false are left out
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  add(element, children);
  return element;
}

/** An element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Put new content in the place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

/** Have screen readers say something. */
export function announce(text) {
  const place = document.getElementById('announcement');
  if (place) place.textContent = text;
}
