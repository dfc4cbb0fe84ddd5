// A field for a phone number under the message that asks for it.

import { make } from './dom.js';
import { t } from './texts.js';

export function plausible(value) {
  const digits = value.replace(/[^0-9]/g, '');
  return /^[0-9+()\-\s转]+$/.test(value) && digits.length >= 7 && digits.length <= 16;
}

export function renderPhone(seq, send) {
  const form = make('form', 'phone');
  const input = make('input');
  const hint = make('p', 'note', t.phoneHint);
  const label = make('label', '', t.phone);
  Object.assign(input, { type: 'tel', id: 'phone-' + seq, name: 'phone', autocomplete: 'tel', maxLength: 40 });
  input.setAttribute('enterkeyhint', 'send');
  hint.id = 'phone-hint-' + seq;
  label.htmlFor = input.id;
  input.setAttribute('aria-describedby', hint.id);
  const line = make('div', 'line');
  const submit = make('button', 'primary', t.phoneSend);
  submit.type = 'submit';
  line.append(input, submit);
  form.append(label, line, hint);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const value = input.value.trim();
    const good = plausible(value);
    input.setAttribute('aria-invalid', String(!good));
    hint.textContent = good ? t.phoneKept : t.phoneBad;
    hint.classList.toggle('bad', !good);
    if (good) send(value);
    else input.focus();
  });
  return form;
}
