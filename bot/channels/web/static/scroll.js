// Keep the newest message in sight unless the reader has scrolled up.

import { byId } from './dom.js';

const NEAR = 120;

export class Scroll {
  constructor() {
    this.box = byId('scroll');
    this.newer = byId('newer');
    this.stuck = true;
    this.box.addEventListener('scroll', () => {
      this.stuck = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR;
      if (this.stuck) this.newer.hidden = true;
    });
    this.newer.addEventListener('click', () => this.bottom());
    window.addEventListener('resize', () => this.stuck && this.bottom());
    byId('log').addEventListener('load', () => this.stuck && this.bottom(), true);
  }

  bottom() {
    this.stuck = true;
    this.newer.hidden = true;
    this.box.scrollTop = this.box.scrollHeight;
  }

  // After something was added below; `fresh` if it is for reading. A long answer is read from its start.
  follow(fresh, el) {
    if (!this.stuck) {
      if (fresh) this.newer.hidden = false;
      return;
    }
    this.bottom();
    if (!fresh || !el || el.offsetHeight < this.box.clientHeight - 24) return;
    this.box.scrollTop += el.getBoundingClientRect().top - this.box.getBoundingClientRect().top - 12;
  }

  // Change what stands above without moving what is read.
  hold(change) {
    const below = this.box.scrollHeight - this.box.scrollTop;
    change();
    this.box.scrollTop = this.box.scrollHeight - below;
  }
}
