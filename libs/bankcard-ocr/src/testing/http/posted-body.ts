import type { IncomingMessage } from 'node:http';
import type { PostedBody } from '../endpoints/recognition-request.js';

/** More than an image of 3 MB and everything around it. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Receive the whole body; `then` is not called when the client goes before its end. */
export function receiveBody(request: IncomingMessage, then: (posted: PostedBody) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MOST_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => {
    const bytes = size <= MOST_BYTES ? Buffer.concat(chunks) : undefined;
    then({ contentType: request.headers['content-type'], bytes });
  });
  // What happens to the connection is seen by the response.
  request.on('error', () => undefined);
}
