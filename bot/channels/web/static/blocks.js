// The body of a message: paragraphs, lists, quotes, a file; and our hotlines as links to dial.

import { make } from './dom.js';
import { t } from './texts.js';

const BEFORE = /[0-9A-Za-z.第￥¥\-_/]$/;
const AFTER = /^([0-9A-Za-z\-_/]|[.,:][0-9]|\s*(元|万|千|百|块|名|条|号|人|天|日|年|月|个|份|次|位|平|%|％))/;

let pattern = null;

export function setHotlines(numbers) {
  const safe = numbers.filter((n) => /^[0-9]{3,5}$/.test(n)).sort((a, b) => b.length - a.length);
  pattern = safe.length ? new RegExp(safe.join('|'), 'g') : null;
}

function dial(number) {
  const link = make('a', 'tel', number);
  link.href = 'tel:' + number;
  return link;
}

// Append text; numbers from the list that stand alone and count nothing become links.
function fill(el, text) {
  let from = 0;
  const matches = pattern ? Array.from(find(text)) : [];
  for (const { index, number } of matches) {
    const end = index + number.length;
    if (BEFORE.test(text.slice(0, index)) || AFTER.test(text.slice(end))) continue;
    el.append(text.slice(from, index), dial(number));
    from = end;
  }
  el.append(text.slice(from));
}

function* find(text) {
  pattern.lastIndex = 0;
  let match = pattern.exec(text);
  while (match) {
    yield { index: match.index, number: match[0] };
    match = pattern.exec(text);
  }
}

const MAKERS = {
  title: () => make('p', 'title'),
  text: () => make('p'),
  quote: () => make('blockquote'),
  note: () => make('p', 'note'),
};

export function renderBlocks(blocks, into) {
  let list = null;
  for (const [kind, text] of blocks) {
    if (kind === 'item') {
      if (!list) list = into.appendChild(make('ul'));
      fill(list.appendChild(make('li')), text);
      continue;
    }
    list = null;
    const el = into.appendChild((MAKERS[kind] || MAKERS.text)());
    if (kind === 'quote') el.textContent = text;
    else fill(el, text);
  }
}

function kilobytes(size) {
  if (!size) return '';
  return size < 1048576 ? Math.max(1, Math.round(size / 1024)) + ' KB' : (size / 1048576).toFixed(1) + ' MB';
}

// A file that came with the event `seq`, or with no seq one that is still on its way.
export function renderFile(file, seq, into) {
  const label = { photo: t.photo, voice: t.voice }[file.kind] || t.file;
  const words = label + (file.name ? ' · ' + file.name : '');
  if (!seq) {
    into.append(make('p', 'file', words));
    return;
  }
  const link = make('a', 'file', words);
  link.href = '/files/' + seq;
  link.target = '_blank';
  link.rel = 'noopener';
  const size = kilobytes(file.size);
  if (size) link.append(make('span', 'size', size));
  if (file.kind === 'photo') showPhoto(link, file, seq);
  into.append(link);
}

function showPhoto(link, file, seq) {
  const img = make('img');
  img.alt = file.name || t.photo;
  img.loading = 'lazy';
  img.addEventListener('error', () => img.remove());
  img.addEventListener('load', () => link.classList.add('seen'));
  img.src = '/files/' + seq;
  link.prepend(img);
}
