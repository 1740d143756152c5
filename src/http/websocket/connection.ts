import { MessageType } from "graphql-ws";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Report } from "../../observability/report.ts";
import type { Admitted } from "../access/admit.ts";
import type { Unread } from "../limits/unread.ts";
import type { LiveSubscriber } from "../live/live.ts";
import type { InTurn } from "./in-turn.ts";
import { whereAllStand } from "./stand.ts";
import { textFrame } from "./text-frame.ts";

/** One socket and what is being served on it. */
export type Connection = {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly request: IncomingMessage;
  /** One key for all of the client's addresses. */
  readonly client: string;
  admitted: Admitted | null;
  /** The messages of its client. */
  inbox: Pick<InTurn, "isWaiting">;
  readonly unread: Unread;
  /** Subscriptions by id; the one that last filled the socket comes last. */
  readonly subscribers: Map<string, LiveSubscriber>;
  /** Operations that have not ended, by id, as graphql-ws holds them. It does not know yet what some of them are. */
  operations: Readonly<Record<string, unknown>>;
  /** How many operations wait to begin or execute, those included that the client has completed meanwhile. */
  executing: number;
  /** How many messages have come from the client so far. */
  messages: number;
};

/** Ends a connection whose client reads too slowly. */
export function cut(
  { socket }: Connection,
  { report }: { readonly report: Pick<Report, "slowConsumerCut"> },
): void {
  // Several answers on it may have to give way.
  if (socket.destroyed) return;
  report.slowConsumerCut("websocket");
  // What the system has taken and nobody reads is thrown away as well.
  socket.resetAndDestroy();
}

/** Pauses reading while answers pile up because the client does not read, or while its messages wait for a turn. */
export function readOrWait({ webSocket, socket, inbox }: Connection): void {
  if (socket.writableNeedDrain || inbox.isWaiting()) webSocket.pause();
  else webSocket.resume();
}

/**
 * Sends a ping in the next turn of the event loop. It carries the cursor only if no message came in that turn and none
 * waits: a message may begin a subscription further back. As long as there are messages, one comes in each turn.
 */
export function pingWithCursor(connection: Connection): void {
  const { webSocket, socket, inbox, messages } = connection;
  setImmediate(() => {
    if (webSocket.readyState !== webSocket.OPEN) return;
    const isAlone = connection.messages === messages && !inbox.isWaiting();
    const payload = isAlone ? whereAllStand(connection) : undefined;
    socket.write(textFrame(JSON.stringify({ type: MessageType.Ping, payload })), "latin1");
    readOrWait(connection);
  });
}
