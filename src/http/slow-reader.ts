import type { Socket } from "node:net";

/** In a second. Whoever takes less may seem to take nothing: see `stallSeconds`. */
const leastBytes = 45_000;

/** To what Linux lets its buffer of what is sent on a connection grow: once there is room again, no more is on the way. */
const mostBytesOnTheWay = 4_194_304;

/** Asked once a second, says whether one who reads the socket as slowly as it may has anything left to read. */
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
