// Requests to the server that the page came from. The API key stays in the memory of the page.

let key = '';

export function useKey(value) {
  key = value;
}

/** What the server refuses, with what it says about it. */
export class ApiError extends Error {
  constructor(status, body, retryAfterMs) {
    super(body.message ?? `HTTP ${status}`);
    this.status = status;
    this.body = body;
    this.retryAfterMs = retryAfterMs;
  }
}

/** @returns {Promise<Response>} a response that is no error */
export async function request(path, { method = 'GET', body, reason, signal } = {}) {
  const headers = {};
  if (key !== '') headers['x-api-key'] = key;
  // A header has Latin letters only; the server decodes the rest.
  if (reason !== undefined) headers['x-reason'] = encodeURIComponent(reason);
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response;
  try {
    const options = { method, headers, signal, cache: 'no-store' };
    if (body !== undefined) options.body = JSON.stringify(body);
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, { code: 'OFFLINE' });
  }
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get('retry-after'));
  throw new ApiError(response.status, await response.json().catch(() => ({})), retryAfter * 1000 || undefined);
}

export async function json(path, options) {
  return (await request(path, options)).json();
}

/** Read a stream of JSON values, one a line, until the signal or the server ends it. */
export async function* lines(path, { signal }) {
  const response = await request(path, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n');
    rest = parts.pop();
    for (const part of parts) if (part.trim() !== '') yield JSON.parse(part);
  }
}
