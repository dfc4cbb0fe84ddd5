// Times of day and dates as the reader's own clock has them.

import { lang, t } from './texts.js';

export function clock(at) {
  return new Date(at).toLocaleTimeString(lang, { hour: '2-digit', minute: '2-digit', hour12: false });
}

export function day(at) {
  const date = new Date(at);
  const now = new Date();
  const before = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return t.today;
  if (date.toDateString() === before.toDateString()) return t.yesterday;
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return date.toLocaleDateString(lang, { year, month: 'long', day: 'numeric', weekday: 'short' });
}
