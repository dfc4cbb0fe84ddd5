// Requests to our own server, and the one session that they belong to.

export class Refusal extends Error {
  constructor(status, code, wait) {
    super(code);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
  // Whether the same request may succeed later.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const session = { tag: '', csrf: '' };

async function request(path, options, seconds) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), seconds * 1000);
  try {
    const all = Object.assign({ credentials: 'same-origin', cache: 'no-store', signal: abort.signal }, options);
    const response = await fetch(path, all);
    const data = await response.json().catch(() => ({}));
    if (response.ok) return data;
    throw new Refusal(response.status, data.error || 'other', Number(response.headers.get('Retry-After')) || 0);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(0, 'other', 0);
  } finally {
    clearTimeout(timer);
  }
}

// Begin or resume; the answer holds the last messages. Another person's session means another page.
export async function open() {
  const data = await request('/api/session', { method: 'POST', headers: { 'X-Desk': '1' } }, 20);
  if (session.tag && session.tag !== data.tag) {
    location.reload();
    return new Promise(() => {});
  }
  session.tag = data.tag;
  session.csrf = data.csrf;
  return data;
}

export function history(before) {
  return request('/api/history?before=' + before, {}, 20);
}

function post(path, body, headers, seconds) {
  const all = Object.assign({ 'X-CSRF-Token': session.csrf }, headers);
  return request(path, { method: 'POST', body, headers: all }, seconds);
}

function deliver(item) {
  if (!item.file) {
    const { id, kind, text, token, card_ref } = item;
    const body = JSON.stringify({ id, kind, text, token, card_ref });
    return post('/api/messages', body, { 'Content-Type': 'application/json' }, 20);
  }
  const form = new FormData();
  form.append('id', item.id);
  form.append('text', item.text);
  form.append('file', item.file, item.file.name);
  return post('/api/files', form, {}, 180);
}

// Send one item of the outbox; a session that grew stale is renewed once on the way.
export async function send(item) {
  try {
    return await deliver(item);
  } catch (error) {
    if (error.status !== 401 && error.code !== 'csrf') throw error;
  }
  await open();
  return deliver(item);
}
