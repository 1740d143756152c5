import type { Socket } from "node:net";

/** Bytes in a second. A client that reads less may seem to read nothing: see `stallSeconds`. */
const leastBytes = 45_000;

/**
 * The size to which Linux lets the send buffer of a connection grow. Once there is room again, no more is in flight.
 */
const mostBytesOnTheWay = 4_194_304;

/** Returns a function to call once a second: true while a client that reads as slowly as it may has more to read. */
export function slowReader(socket: Pick<Socket, "bytesWritten">): () => boolean {
  let written = socket.bytesWritten;
  let unread = 0;
  return () => {
    const { bytesWritten } = socket;
    unread = Math.max(0, Math.min(unread + bytesWritten - written, mostBytesOnTheWay) - leastBytes);
    written = bytesWritten;
    return unread > 0;
  };
}
