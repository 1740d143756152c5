import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Pipelined requests, which wait for those ahead of them on their connections. */
export type Pipelined = {
  /**
   * Waits until everything ahead of a request on its connection is answered and sent. Otherwise the answers to all
   * pipelined requests would be in memory at once, however slowly the client reads. Meanwhile nothing more is read from
   * the connection, so a client that has left is noticed only at the next write. False if the request is not to be
   * served: its connection has ended, or too many wait, and it is cut.
   */
  readonly comesToItsTurn: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
};

export type PipelinedBounds = {
  /** The most requests that may wait on one connection. No known client has more than a few wait. */
  readonly mostOnOne?: number;
  /** The most that may wait on all connections together. One with large headers takes 40 kB of memory. */
  readonly mostInAll?: number;
};

/** A request counts until its turn has come, or its connection has closed. */
export function createPipelined({ mostOnOne = 100, mostInAll = 1_000 }: PipelinedBounds = {}): Pipelined {
  /** How many requests of a connection wait. */
  const waiting = new WeakMap<Duplex, number>();
  let inAll = 0;

  function count(socket: Duplex, more: number): number {
    const now = (waiting.get(socket) ?? 0) + more;
    waiting.set(socket, now);
    inAll += more;
    return now;
  }

  return {
    async comesToItsTurn({ socket }, response) {
      const isFirst = !waiting.has(socket);
      if ((waiting.get(socket) ?? 0) >= mostOnOne || inAll >= mostInAll) socket.destroy();
      if (socket.destroyed) return false;
      const stopReading = (): void => {
        if (waiting.get(socket) === 0) return;
        socket.pause();
        // Node's server stops reading on this event. `pause()` does not emit it if the socket is paused already.
        socket.emit("pause");
      };
      if (isFirst) {
        // Node resumes by itself, once it has a whole request or a body is asked for.
        socket.on("resume", stopReading);
        socket.once("close", () => count(socket, -waiting.get(socket)!));
      }
      count(socket, 1);
      stopReading();
      // Never resolves if the connection ends first: then nothing holds this promise.
      await new Promise((resolve) => response.once("socket", resolve));
      if (socket.closed) return false;
      if (count(socket, -1) === 0) socket.resume();
      return !socket.destroyed;
    },
  };
}
