// The chat page: begin a session, show the log, follow it, and send what the person says.

import { history, open, send, session } from './api.js';
import { setHotlines } from './blocks.js';
import { Composer } from './composer.js';
import { byId } from './dom.js';
import { Log } from './log.js';
import { newId, Outbox } from './outbox.js';
import { Scroll } from './scroll.js';
import { connection, typing } from './status.js';
import { Stream } from './stream.js';
import { errorText, t, translate } from './texts.js';

const FIRST = 'start';

class Chat {
  constructor(start) {
    this.start = start;
    this.awaiting = false;
    this.scroll = new Scroll();
    this.log = new Log(document.body.dataset.desk, this.actions());
    this.outbox = new Outbox(session.tag, send, (item) => this.changed(item));
    this.composer = new Composer(session.tag, start, (text, file) => this.say(text, file));
    this.stream = new Stream(start.head, {
      item: (view) => this.take(view),
      state: (state) => this.connected(state),
      reset: () => location.reload(),
      renew: open,
    });
  }

  actions() {
    return {
      tap: (view, choice) => this.tap(view, choice),
      phone: (number) => this.say(number),
      again: (item) => this.outbox.hurry(item),
      remove: (item) => this.forget(item),
      pending: () => (this.outbox ? this.outbox.items : []),
      why: (code) => errorText(code, this.start.maxText),
    };
  }

  run() {
    setHotlines(this.start.hotlines);
    this.log.prepend(this.start.events);
    this.older(this.start.events.length);
    for (const item of this.outbox.items) this.log.pending(item);
    byId('opening').hidden = true;
    byId('log').removeAttribute('aria-busy');
    byId('log').setAttribute('aria-live', 'polite');
    this.scroll.bottom();
    if (matchMedia('(hover: hover) and (pointer: fine)').matches) byId('words').focus();
    this.stream.connect();
    this.greet();
    this.outbox.pump();
    this.listen();
  }

  listen() {
    byId('older').addEventListener('click', () => this.more());
    byId('net').addEventListener('click', () => this.stream.hurry());
    window.addEventListener('focus', () => this.stream.hurry());
    window.addEventListener('online', () => this.outbox.hurry());
    window.addEventListener('beforeunload', (event) => {
      if (!this.outbox.uploading) return;
      event.preventDefault();
      event.returnValue = t.leaving;
    });
  }

  // The first contact: the desk greets who has not heard from it yet.
  greet() {
    if (this.log.greeted || this.outbox.items.some((item) => item.id === FIRST)) return;
    this.outbox.add({ id: FIRST, kind: 'text', text: '/start', token: '', card_ref: '', hidden: true });
  }

  say(text, file) {
    this.outbox.add({
      id: newId(), kind: 'text', text, token: '', card_ref: '', file, fileName: file ? file.name : '',
    });
    this.scroll.bottom();
  }

  tap(view, choice) {
    const { label: text, token } = choice;
    this.outbox.add({ id: newId(), kind: 'button', text, token, card_ref: String(view.seq) });
    this.scroll.bottom();
  }

  forget(item) {
    this.outbox.remove(item);
    this.log.giveUp(item);
    byId('words').focus();
  }

  changed(item) {
    this.log.pending(item);
    if (item.state === 'sending') this.awaiting = true;
    if (item.state === 'sending' || (item.state === 'sent' && this.awaiting)) typing(true);
    if (item.state === 'failed' || item.state === 'retrying') typing(false);
    if (item.state === 'sent' && item.answer.limited) this.composer.hint(t.limited);
    this.scroll.follow(false);
  }

  take(view) {
    const fresh = this.log.add(view);
    if (fresh) {
      this.awaiting = false;
      typing(false);
    }
    this.scroll.follow(fresh, this.log.shown.get(view.seq));
  }

  connected(state) {
    connection(state);
    if (state === 'open') this.outbox.hurry();
    if (state === 'signed_out') this.composer.disable();
  }

  older(count) {
    byId('older').hidden = count < this.start.page;
  }

  async more() {
    try {
      const { events } = await history(this.log.oldest);
      this.scroll.hold(() => {
        this.log.prepend(events);
        this.older(events.length);
      });
    } catch (error) {
      this.composer.hint(errorText(error.code));
    }
  }
}

async function begin(wait) {
  try {
    const start = await open();
    connection('open');
    new Chat(start).run();
  } catch (error) {
    if (!error.passing && error.status) {
      byId('opening').textContent = errorText(error.code);
      return;
    }
    connection('lost');
    setTimeout(() => begin(Math.min(10000, wait * 2)), wait);
  }
}

translate(document);
begin(1000);
