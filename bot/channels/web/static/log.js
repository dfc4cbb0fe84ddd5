// The conversation on the page: events in order of seq, and after them what is still on its way.

import { renderBlocks, renderFile } from './blocks.js';
import { judge, renderChoices, setChoices } from './choices.js';
import { announce, button, byId, make } from './dom.js';
import { renderPhone } from './phone.js';
import { clock, day } from './times.js';
import { t } from './texts.js';

export class Log {
  // act.tap(view, choice), act.phone(number), act.again(item), act.remove(item), act.pending() -> items
  constructor(desk, act) {
    this.root = byId('log');
    this.desk = desk;
    this.act = act;
    this.views = [];
    this.shown = new Map(); // seq -> element
    this.waiting = new Map(); // client id -> element
  }

  get oldest() {
    return this.views.length ? this.views[0].seq : 0;
  }

  get greeted() {
    return this.views.some((view) => view.kind === 'out');
  }

  // One more event at the end. Returns whether there is something new to read from the desk.
  add(view) {
    if (view.kind === 'edit') return this.edit(view.target);
    this.views.push(view);
    if (!view.hidden) this.place(view, this.root.querySelector('.pending'));
    const item = view.kind === 'in' && this.act.pending().find((other) => other.id === view.id);
    if (item) this.pending(item);
    this.refresh();
    return view.kind === 'out';
  }

  // Older events, before all others.
  prepend(views) {
    const first = this.root.firstChild;
    const known = first && first.className === 'day' ? first.dataset.day : '';
    let today = '';
    for (const view of views.filter((v) => !v.hidden)) {
      today = this.divide(view, first, today);
      this.root.insertBefore(this.element(view), first);
    }
    if (known && known === today) first.remove();
    this.views = views.concat(this.views);
    this.refresh();
  }

  place(view, before) {
    const pending = view.kind === 'in' ? this.waiting.get(view.id) : null;
    const el = this.element(view);
    if (pending && pending === before) before = pending.nextSibling;
    if (pending) this.settle(view.id);
    const days = this.root.querySelectorAll('.day');
    this.divide(view, before, days.length ? days[days.length - 1].dataset.day : '');
    this.root.insertBefore(el, before);
  }

  // A line with the date wherever a new day begins.
  divide(view, before, last) {
    const today = day(view.at);
    if (today !== last) {
      const line = make('p', 'day', today);
      line.dataset.day = today;
      this.root.insertBefore(line, before);
    }
    return today;
  }

  edit(target) {
    const index = target ? this.views.findIndex((view) => view.seq === target.seq) : -1;
    if (index < 0) return false;
    this.views[index] = target;
    const old = this.shown.get(target.seq);
    const held = old.contains(document.activeElement) ? document.activeElement.dataset.token : undefined;
    old.replaceWith(this.element(target));
    if (held !== undefined) this.refocus(target.seq, held);
    this.refresh();
    announce(t.updated);
    return true;
  }

  // The focus was on a button that an edit replaced: keep the reader at this message.
  refocus(seq, token) {
    const el = this.shown.get(seq);
    const choices = Array.from(el.querySelectorAll('.choice'));
    (choices.find((choice) => choice.dataset.token === token) || choices[0] || el).focus();
  }

  element(view) {
    const el = make('article', 'msg ' + (view.kind === 'in' ? 'mine' : 'theirs'));
    el.dataset.seq = view.seq;
    el.tabIndex = -1;
    el.append(make('span', 'unseen', (view.kind === 'in' ? t.you : this.desk) + '：'));
    const body = el.appendChild(make('div', 'body'));
    if (view.kind === 'in' && view.text) body.append(make('p', '', view.text));
    if (view.kind === 'out') renderBlocks(view.blocks, body);
    if (view.file) renderFile(view.file, view.seq, body);
    if (view.kind === 'out' && view.buttons.length) el.append(renderChoices(view, this.act.tap));
    el.append(this.stamp(view.at));
    this.shown.set(view.seq, el);
    return el;
  }

  stamp(at) {
    const el = make('time', 'time', clock(at));
    el.dateTime = at;
    return el;
  }

  // Which buttons and phone fields are live now.
  refresh() {
    const verdict = judge(this.views, this.act.pending());
    for (const view of this.views) {
      if (view.kind !== 'out') continue;
      const el = this.shown.get(view.seq);
      const { live, token, phone } = verdict(view);
      const group = el.querySelector('.choices');
      if (group) setChoices(group, live, token);
      this.offerPhone(view, el, phone);
    }
  }

  offerPhone(view, el, live) {
    const form = el.querySelector('form.phone');
    if (form && !live) form.remove();
    if (!form && live && view.phone) el.insertBefore(renderPhone(view.seq, this.act.phone), el.lastChild);
  }

  // Show or update an item of the outbox.
  pending(item) {
    if (item.hidden) return;
    const view = this.views.find((other) => other.kind === 'in' && other.id === item.id);
    if (view) {
      this.settle(item.id);
      this.trouble(this.shown.get(view.seq), item);
    } else this.showPending(item);
    if (item.card_ref) this.refresh();
  }

  // The log has it, but the desk did not confirm it: say so under the message until it does.
  trouble(el, item) {
    const bad = item.state === 'failed' || item.state === 'retrying';
    const old = el.querySelector('.state');
    if (old) old.remove();
    if (bad) el.append(this.state(item));
    el.classList.toggle('failed', bad);
  }

  // The person deleted what could not be sent.
  giveUp(item) {
    item.state = 'given up';
    const view = this.views.find((other) => other.kind === 'in' && other.id === item.id);
    if (view) this.trouble(this.shown.get(view.seq), item);
    this.settle(item.id);
    this.refresh();
  }

  showPending(item) {
    let el = this.waiting.get(item.id);
    if (!el) {
      el = this.root.appendChild(this.waitingElement(item));
      this.waiting.set(item.id, el);
    }
    el.classList.toggle('failed', item.state === 'failed' || item.state === 'retrying');
    el.querySelector('.state').replaceWith(this.state(item));
  }

  waitingElement(item) {
    const el = make('article', 'msg mine pending');
    el.append(make('span', 'unseen', t.you + '：'));
    const body = el.appendChild(make('div', 'body'));
    if (item.text) body.append(make('p', '', item.text));
    if (item.file || item.hadFile) renderFile({ kind: 'document', name: item.fileName }, 0, body);
    el.append(make('p', 'state'));
    return el;
  }

  state(item) {
    const line = make('p', 'state');
    const words = item.state === 'sending' && item.file ? t.uploading : t[item.state];
    line.append(item.error ? words + '：' + this.act.why(item.error) : words);
    if (item.state === 'failed' || item.state === 'retrying') {
      line.append(' ', button('link', t.again, () => this.act.again(item)));
    }
    if (item.state === 'failed') line.append(' ', button('link', t.remove, () => this.act.remove(item)));
    return line;
  }

  // The log has it, or it was given up.
  settle(id) {
    const el = this.waiting.get(id);
    if (el) el.remove();
    this.waiting.delete(id);
  }
}
