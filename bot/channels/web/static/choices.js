// Buttons under messages: numbered where typing the number works, and inert once they are answered or a newer step has come.

import { button, make } from './dom.js';
import { t } from './texts.js';

export function renderChoices(view, tap) {
  const group = make('div', 'choices');
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', t.options);
  let number = 0;
  for (const row of view.buttons) {
    const line = group.appendChild(make('div', 'row'));
    for (const choice of row) {
      number += 1;
      line.append(one(view.numbered ? number : 0, choice, () => tap(view, choice)));
    }
  }
  return group;
}

function one(number, choice, tap) {
  const el = button('choice', undefined, () => el.getAttribute('aria-disabled') !== 'true' && tap());
  if (number) el.append(make('span', 'num', number), ' ');
  el.append(make('span', 'label', choice.label));
  el.dataset.token = choice.token;
  return el;
}

// aria-disabled instead of disabled, so that the keyboard's focus stays where it is.
export function setChoices(group, live, token) {
  group.classList.toggle('inert', !live);
  for (const el of group.querySelectorAll('.choice')) {
    const chosen = Boolean(token) && el.dataset.token === token;
    el.setAttribute('aria-disabled', String(!live));
    el.setAttribute('aria-pressed', String(chosen));
    el.classList.toggle('chosen', chosen);
  }
}

// For every message with buttons: are they live, and which was chosen? `views` in order of seq;
// `pending` are taps that the server has not confirmed. A message that stays stands for a thing
// that goes on (a request in an expert's list): newer steps leave it alone, and an answer to a tap
// makes it live again. Any other is a step, and only the newest step is live.
export function judge(views, pending) {
  const taps = new Map();
  let step = 0;
  let told = 0;
  let said = 0;
  for (const view of views) {
    if (view.kind === 'in') {
      if (view.card) taps.set(Number(view.card), { seq: view.seq, token: view.token });
      if (!view.hidden) said = view.seq;
      continue;
    }
    told = Math.max(told, view.seq, view.edited);
    if (!view.stays && (view.buttons.length || view.phone)) step = view.seq;
  }
  for (const item of pending) {
    if (item.card_ref) taps.set(Number(item.card_ref), { seq: Infinity, token: item.token });
  }
  return (view) => {
    const tap = taps.get(view.seq);
    const answered = tap && tap.seq > view.edited ? tap : null;
    const live = view.stays ? !answered || answered.seq < told : !answered && view.seq === step;
    return { live, token: answered ? answered.token : '', phone: view.seq === step && said < view.seq };
  };
}
