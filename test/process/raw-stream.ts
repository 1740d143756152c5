import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

/** An SSE subscription on a raw socket, for clients unlike any library: they stall, crawl or vanish. */
export type RawStream = {
  readonly socket: Socket;
  /** How many results have arrived. */
  readonly results: () => number;
  /** Resolves with how many seconds it was open. */
  readonly closed: Promise<number>;
};

/** A subscription to every entry. */
export const everything =
  "subscription ($after: Cursor) { issueChanged(after: $after) { cursor kind issue { id title status } } }";

/** Resolves once the stream has begun. */
export function openRawStream(
  url: string,
  after: string | null = null,
  query = everything,
): Promise<RawStream> {
  const body = JSON.stringify({ query, variables: { after } });
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const openedAt = performance.now();
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
    let results = 0;
    const closed = new Promise<number>((close) =>
      socket.once("close", () => close((performance.now() - openedAt) / 1000)),
    );
    socket.once("error", reject);
    socket.on("error", () => {});
    socket.once("data", () => resolve({ socket, results: () => results, closed }));
    socket.on("data", (chunk: Buffer) => {
      for (let at = chunk.indexOf("event: next"); at >= 0; at = chunk.indexOf("event: next", at + 1))
        results += 1;
    });
  });
}

/** A process's open file descriptors and its memory. Linux only. */
export function footprint(pid: number) {
  const rss = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return { handles: readdirSync(`/proc/${pid}/fd`).length, rssMb: Math.round(rss / 1024) };
}

/** A gauge or counter of /metrics; `name` has the labels, if any, as they are written there. 0 if there is none. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
