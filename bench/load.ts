import { connect, type Socket } from "node:net";

export type Load = {
  readonly port: number;
  /** Whole requests, headers and all. */
  readonly requests: Iterator<Buffer>;
  readonly connections: number;
  /** Requests per second; Infinity sends the next as soon as one is answered. */
  readonly rate: number;
};

export type LoadResult = {
  readonly answered: number;
  readonly seconds: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /**
   * Milliseconds from when each request was due, ascending: a server that falls behind is charged for the wait too, not
   * only for the request that it was busy with.
   */
  readonly latencies: Float64Array;
};

/**
 * Sends until the requests run out. Uses raw sockets and prepared bytes: a client that costs more than the server would
 * measure itself.
 */
export async function runLoad({ port, requests, connections, rate }: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const statuses = new Map<number, number>();
  const startedAt = performance.now();
  let sent = 0;

  async function sendOn(socket: Socket): Promise<void> {
    const answers = answersOf(socket);
    for (;;) {
      const next = requests.next();
      if (next.done === true) break;
      const dueAt = rate === Infinity ? performance.now() : startedAt + (sent++ / rate) * 1000;
      const wait = dueAt - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      socket.write(next.value);
      const status = await answers();
      latencies.push(performance.now() - dueAt);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    socket.destroy();
  }

  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  await Promise.all(sockets.map(sendOn));
  const seconds = (performance.now() - startedAt) / 1000;
  return { answered: latencies.length, seconds, statuses, latencies: Float64Array.from(latencies).sort() };
}

export function percentile(ascending: Float64Array, share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? NaN;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Returns a function that resolves with the status of the next answer, once all of it is here. */
function answersOf(socket: Socket): () => Promise<number> {
  let text = "";
  let waiting: PromiseWithResolvers<number> | null = null;
  const settle = (): void => {
    const head = text.indexOf("\r\n\r\n");
    if (waiting === null || head === -1) return;
    const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
    const end = head + 4 + length;
    if (text.length < end) return;
    const status = Number(text.slice(9, 12));
    text = text.slice(end);
    waiting.resolve(status);
    waiting = null;
  };
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
    settle();
  });
  socket.on("close", () => waiting?.reject(new Error("The server closed the connection.")));
  return () => {
    const asked = Promise.withResolvers<number>();
    waiting = asked;
    settle();
    return asked.promise;
  };
}
