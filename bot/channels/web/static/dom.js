// Small helpers to make elements; text goes in as text, never as markup.

export function make(tag, className, text) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  if (text !== undefined) el.textContent = text;
  return el;
}

export function button(className, text, onClick) {
  const el = make('button', className, text);
  el.type = 'button';
  el.addEventListener('click', onClick);
  return el;
}

export const byId = (id) => document.getElementById(id);

// Say something to a screen reader without showing it.
export function announce(text) {
  const line = byId('said');
  line.textContent = '';
  setTimeout(() => {
    line.textContent = text;
  }, 50);
}
