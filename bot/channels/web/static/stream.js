// The desk's messages as they come: resumes after the last seq it saw, and takes none twice.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10000;
const SILENCE = 40000; // the server pings every 15 s
const DOUBT = 20000; // after so long a silence a page that comes back to the front asks anew

export class Stream {
  // on.item(view), on.state('open' | 'lost' | 'replaced' | 'signed_out'), on.reset(), on.renew() -> promise
  constructor(last, on) {
    this.last = last;
    this.on = on;
    this.wait = FIRST_WAIT;
    this.source = null;
    this.timer = 0;
    this.watch = 0;
    this.heard = 0;
    this.stopped = false;
    window.addEventListener('online', () => this.hurry());
    window.addEventListener('offline', () => this.lost());
    document.addEventListener('visibilitychange', () => !document.hidden && this.hurry());
    window.addEventListener('pageshow', (event) => event.persisted && this.connect());
    window.addEventListener('pagehide', () => this.close());
  }

  connect() {
    this.close();
    const source = new EventSource('/api/events?after=' + this.last);
    let opened = false;
    const alive = () => {
      this.listen();
      if (opened) return;
      opened = true;
      this.wait = FIRST_WAIT;
      this.on.state('open');
    };
    source.addEventListener('ping', alive);
    source.addEventListener('item', (event) => this.take(event));
    source.addEventListener('bye', (event) => this.leave(event.data));
    source.onerror = () => this.source === source && this.lost(!opened);
    this.source = source;
    this.listen();
  }

  take(event) {
    const seq = Number(event.lastEventId);
    this.listen();
    if (seq <= this.last) return;
    if (seq > this.last + 1) {
      this.lost();
      return;
    }
    this.last = seq;
    this.on.item(JSON.parse(event.data));
  }

  leave(why) {
    this.close();
    if (why === 'reset') this.on.reset();
    else if (why === 'replaced' || why === 'signed_out') {
      this.stopped = why === 'signed_out';
      this.on.state(why);
    } else this.lost();
  }

  // Come back after a while; a stream that never opened may mean that the session is gone.
  lost(doubt) {
    this.close();
    if (this.stopped) return;
    this.on.state('lost');
    this.timer = setTimeout(() => this.again(doubt), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }

  async again(doubt) {
    try {
      if (doubt) await this.on.renew();
    } catch (error) {
      this.lost(true);
      return;
    }
    if (!this.source && !this.stopped) this.connect();
  }

  hurry() {
    if (this.stopped || (this.source && Date.now() - this.heard < DOUBT)) return;
    this.wait = FIRST_WAIT;
    this.connect();
  }

  listen() {
    this.heard = Date.now();
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.lost(), SILENCE);
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    if (this.source) this.source.close();
    this.source = null;
  }
}
