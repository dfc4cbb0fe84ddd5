// Where the person writes: Enter sends, Shift+Enter breaks the line, an input method's Enter does neither.

import { byId } from './dom.js';
import { errorText, t } from './texts.js';

export class Composer {
  // send(text, file)
  constructor(tag, limits, send) {
    this.words = byId('words');
    this.file = null;
    this.limits = limits;
    this.send = send;
    this.draft = 'desk:draft:' + tag;
    this.wire();
    this.restore();
  }

  wire() {
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.words.addEventListener('keydown', (event) => this.key(event));
    this.words.addEventListener('input', () => this.grow());
    byId('attach').addEventListener('click', () => byId('file').click());
    byId('file').addEventListener('change', (event) => this.pick(event.target.files[0]));
    byId('chip-remove').addEventListener('click', () => {
      this.drop();
      byId('attach').focus();
    });
    this.words.addEventListener('paste', (event) => {
      const pasted = event.clipboardData && event.clipboardData.files[0];
      if (pasted) this.pick(pasted);
    });
  }

  key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.altKey) return;
    // 229 is what Safari gives for the Enter that ends a composition after it says that it has ended.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.words.value.trim();
    if (!text && !this.file) return;
    const length = Array.from(text).length;
    if (length > this.limits.maxText) {
      this.hint(errorText('too_long', this.limits.maxText) + '（' + length + '）');
      return;
    }
    const file = this.file;
    this.words.value = '';
    this.drop();
    this.grow();
    this.send(text, file);
    this.words.focus();
  }

  pick(file) {
    byId('file').value = '';
    if (!file) return;
    if (file.size > this.limits.maxUpload) {
      this.hint(t.tooBig.replace('{n}', Math.floor(this.limits.maxUpload / 1048576)));
      return;
    }
    this.file = file;
    byId('chip-name').textContent = file.name;
    byId('chip').hidden = false;
    this.hint('');
    this.words.focus();
  }

  drop() {
    this.file = null;
    byId('chip').hidden = true;
  }

  hint(text) {
    const line = byId('hint');
    line.textContent = text;
    line.hidden = !text;
  }

  grow() {
    this.words.style.height = 'auto';
    this.words.style.height = this.words.scrollHeight + 2 + 'px';
    this.hint('');
    try {
      sessionStorage.setItem(this.draft, this.words.value);
    } catch (error) {
      // A draft that cannot be kept is only lost on reload.
    }
  }

  restore() {
    try {
      this.words.value = this.words.value || sessionStorage.getItem(this.draft) || '';
    } catch (error) {
      return;
    }
    this.grow();
  }

  disable() {
    for (const id of ['words', 'send', 'attach']) byId(id).disabled = true;
  }
}
