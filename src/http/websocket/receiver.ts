import type { Writable } from "node:stream";
import * as ws from "ws";

/** The stream that parses a socket's frames. ws exports it, but its types do not. */
const { Receiver } = ws as unknown as { readonly Receiver: { readonly prototype: Writable } };

const { _write: write } = Receiver.prototype;

/**
 * Makes ws (8.23) discard what follows a frame that it refuses.
 *
 * Chunks queue behind messages that are handled in turns, and Node passes on the next one before it destroys a stream
 * that has failed. ws would go on to parse it, and throw where nobody can catch it.
 */
Receiver.prototype._write = function (this: Writable, chunk, encoding, callback) {
  if (this.errored === null) write.call(this, chunk, encoding, callback);
  else callback();
};
