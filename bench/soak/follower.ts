import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { positionOf } from "../../src/domain/cursor.ts";
import type { Followed } from "./check.ts";

export type FollowerOptions = {
  readonly port: number;
  readonly transport: "sse" | "websocket";
  /** It follows the issues of this title. */
  readonly group: number;
  readonly titleOf: (group: number) => string;
  /** Where it begins. */
  readonly cursor: string;
};

export type Follower = {
  /** All that it was told so far. */
  readonly followed: (to: number) => Followed;
  /** Everything up to here was told, or is none of its business. */
  readonly position: () => number;
  /** How often it came back. */
  readonly resumed: () => number;
  /** Codes of the errors that it was told. */
  readonly errors: readonly string[];
  /** It stays from now on, and comes back only when it is cut off. */
  readonly settle: () => void;
  /** Resolves once it has left for good. */
  readonly leave: () => Promise<void>;
};

const query = `subscription ($after: Cursor, $title: String) {
  issueChanged(filter: { title: { eq: $title } }, after: $after) { cursor kind issue { id title status count } } }`;

/** Milliseconds that it stays, and that it is away. */
const stays = () => 5_000 + Math.random() * 25_000;
const staysAway = () => Math.random() * 2_000;

/** One who comes, stays for a while, goes without a word, and comes back after the last cursor: again and again. */
export function startFollower({ port, transport, group, titleOf, cursor }: FollowerOptions): Follower {
  const from = positionOf(cursor)!.seq;
  const seqs: number[] = [];
  const errors: string[] = [];
  const stop = new AbortController();
  let after = cursor;
  let position = from;
  let resumed = 0;
  let isSettled = false;
  let cut: () => void = () => {};

  const told: Told = {
    at(at, isEntry) {
      const { seq } = positionOf(at)!;
      if (isEntry) seqs.push(seq);
      after = at;
      position = Math.max(position, seq);
    },
    failed: (code) => errors.push(code),
  };
  const open = transport === "sse" ? openStream : openSocket;

  async function run(): Promise<void> {
    for (; !stop.signal.aborted; resumed += 1) {
      const visit = open(port, { query, variables: { after, title: titleOf(group) } }, told);
      cut = visit.cut;
      const leaving = isSettled
        ? null
        : setTimeout(() => {
            if (!isSettled) visit.cut();
          }, stays());
      await visit.over;
      clearTimeout(leaving ?? undefined);
      await wait(isSettled ? 50 : staysAway(), undefined, { signal: stop.signal }).catch(() => {});
    }
  }
  const running = run();
  return {
    followed: (to) => ({ group, from, to, seqs }),
    position: () => position,
    resumed: () => resumed,
    errors,
    settle() {
      isSettled = true;
    },
    async leave() {
      stop.abort();
      cut();
      await running;
    },
  };
}

type Told = {
  readonly at: (cursor: string, isEntry: boolean) => void;
  readonly failed: (code: string) => void;
};
type Visit = { readonly over: Promise<unknown>; readonly cut: () => void };

function openStream(port: number, asked: object, told: Told): Visit {
  const body = JSON.stringify(asked);
  let text = "";
  const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () =>
    socket.write(
      "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n" +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const blocks = (text + chunk).split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const cursor = /^id: (.+)$/m.exec(block)?.[1];
      if (cursor !== undefined) told.at(cursor, block.includes("event: next"));
      else if (block.includes("event: next")) told.failed(/"code":"(\w+)"/.exec(block)?.[1] ?? block);
    }
  });
  // What `close` follows.
  socket.on("error", () => {});
  const over = new Promise((resolve) => socket.once("close", resolve));
  return { over, cut: () => socket.destroy() };
}

function openSocket(port: number, payload: object, told: Told): Visit {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, "graphql-transport-ws", {
    perMessageDeflate: false,
  });
  socket.on("open", () => socket.send('{"type":"connection_init"}'));
  socket.on("message", (data: Buffer) => {
    const message = data.toString();
    const type = /"type":"(\w+)"/.exec(message)?.[1];
    const cursor = /"cursor":"([^"]+)"/.exec(message)?.[1];
    if (type === "connection_ack") socket.send(JSON.stringify({ id: "1", type: "subscribe", payload }));
    else if (message.includes('"errors"') || type === "error")
      told.failed(/"code":"(\w+)"/.exec(message)?.[1] ?? message);
    else if (cursor !== undefined) told.at(cursor, type === "next");
  });
  socket.on("error", () => {});
  const over = new Promise((resolve) => socket.once("close", resolve));
  return { over, cut: () => socket.terminate() };
}
