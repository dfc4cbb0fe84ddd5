// What the person said and the server has not confirmed: kept over reloads, sent in order, one at a time.
// Every item has its own key in localStorage, so that two windows do not overwrite each other's; both
// may send the same item, and the server takes its id once.

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
const KEPT = 7 * 24 * 3600 * 1000; // what could not be sent under another sign-in is forgotten after a week
const ALL = 'desk:out:';

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

export class Outbox {
  // send(item) -> promise; changed(item) after each change of item.state: sending, retrying, failed, sent.
  constructor(tag, send, changed) {
    this.prefix = ALL + tag + ':';
    this.send = send;
    this.changed = changed;
    this.items = this.load();
    this.busy = false;
    this.wait = FIRST_WAIT;
    this.timer = 0;
    this.count = 0;
  }

  load() {
    const found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(ALL)) continue;
        const item = JSON.parse(localStorage.getItem(key));
        if (key.startsWith(this.prefix)) found.push(item);
        else if (item.order < Date.now() - KEPT) localStorage.removeItem(key);
      }
    } catch (error) {
      return [];
    }
    return found.sort((a, b) => a.order - b.order);
  }

  add(item) {
    this.count += 1;
    item.order = Date.now() + this.count / 1000;
    item.state = 'sending';
    this.items.push(item);
    this.save(item);
    this.changed(item);
    this.pump();
  }

  save(item) {
    try {
      const kept = Object.assign({}, item, { file: undefined, hadFile: Boolean(item.file || item.hadFile) });
      localStorage.setItem(this.prefix + item.id, JSON.stringify(kept));
    } catch (error) {
      // Storage is full or forbidden: it is still sent, only not kept over a reload.
    }
  }

  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    try {
      localStorage.removeItem(this.prefix + item.id);
    } catch (error) {
      // Nothing was kept then.
    }
  }

  // Try at once: the person asked, or the connection came back.
  hurry(item) {
    if (item && item.state === 'failed') this.mark(item, 'sending', '');
    this.wait = FIRST_WAIT;
    clearTimeout(this.timer);
    this.pump();
  }

  mark(item, state, error) {
    item.state = state;
    item.error = error;
    this.save(item);
    this.changed(item);
  }

  get uploading() {
    return this.items.some((item) => item.file && item.state !== 'failed');
  }

  async pump() {
    if (this.busy) return;
    this.busy = true;
    try {
      let item = this.next();
      while (item && (await this.attempt(item))) item = this.next();
    } finally {
      this.busy = false;
    }
  }

  next() {
    return this.items.find((item) => item.state !== 'failed');
  }

  // Whether to go on with the next one.
  async attempt(item) {
    if (item.hadFile && !item.file) {
      this.mark(item, 'failed', 'lost_file');
      return true;
    }
    try {
      const answer = await this.send(item);
      this.wait = FIRST_WAIT;
      this.remove(item);
      item.state = 'sent';
      item.answer = answer;
      this.changed(item);
      return true;
    } catch (error) {
      return this.fail(item, error);
    }
  }

  fail(item, error) {
    if (!error.passing) {
      this.mark(item, 'failed', error.code || 'other');
      return true;
    }
    this.mark(item, 'retrying', error.status === 429 ? 'slow_down' : '');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), Math.max(this.wait, (error.wait || 0) * 1000));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    return false;
  }
}
