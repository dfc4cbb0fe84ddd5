// The line about the connection, and the dots while the desk is thinking.

import { announce, byId } from './dom.js';
import { t } from './texts.js';

const THINKING = 8000;
const GRACE = 1200;

let timer = 0;
let lostTimer = 0;

export function typing(on) {
  clearTimeout(timer);
  byId('typing').hidden = !on;
  if (on) timer = setTimeout(() => typing(false), THINKING);
}

// A short break that mends itself is not worth a word.
export function connection(state) {
  const line = byId('net');
  if (state === 'lost') {
    if (line.hidden && !lostTimer) lostTimer = setTimeout(() => show(t.offline), GRACE);
    return;
  }
  clearTimeout(lostTimer);
  lostTimer = 0;
  if (state === 'open') {
    if (!line.hidden) announce(t.online);
    line.hidden = true;
  } else show(state === 'replaced' ? t.replaced : t.signedOut);
}

function show(text) {
  const line = byId('net');
  line.textContent = text;
  line.hidden = false;
}
