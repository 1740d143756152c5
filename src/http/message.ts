import type { Answer } from "../stream/answer.ts";
import { inBytes } from "./in-bytes.ts";
import { onceInARow } from "./once-in-a-row.ts";
import { textFrameHead } from "./text-frame.ts";

/**
 * One result of a subscription, or several, as bytes for each transport. They are made when they are first needed and
 * then shared by everyone who gets the result.
 */
export type Message = Answer & {
  /** A result as text; for several, the texts one after the other. Equal for results that say the same. */
  readonly json: string;
  /** `next` events of an event stream, each with its cursor for an id, as one chunk of a chunked body (RFC 9112, 7.1). */
  readonly chunk: Buffer;
  /**
   * `next` messages of graphql-transport-ws, each a whole WebSocket frame, in "latin1": a character for each byte. `start`
   * is what `startOfNext` gives.
   */
  readonly frames: (start: string) => string;
};

/** @param cursor where a client that has it resumes; null for one that must not move the client's position. */
export function createMessage(
  json: string,
  { cursor, failed }: { readonly cursor: string | null; readonly failed: Message["failed"] },
): Message {
  let chunk: Buffer | undefined;
  let rest: string | undefined;
  return {
    json,
    failed,
    // The text, and most often one of the forms.
    bytes: 512 + 2 * json.length,
    get chunk() {
      const id = cursor === null ? "" : `id: ${cursor}\n`;
      return (chunk ??= chunkOf([Buffer.from(`${id}event: next\ndata: ${json}\n\n`)]));
    },
    // Clients that count their operations have the same ids: what is made for one does for many sockets in a row.
    frames: onceInARow((start: string) => {
      rest ??= inBytes(`${json}}`);
      return textFrameHead(start.length + rest.length) + start + rest;
    }),
  };
}

/** One message that says what several say, in their order. */
export function joinedMessages(messages: readonly Message[]): Message {
  let chunk: Buffer | undefined;
  return {
    json: messages.map(({ json }) => json).join(""),
    failed: messages.at(-1)!.failed,
    bytes: messages.reduce((sum, { bytes }) => sum + bytes, 0),
    get chunk() {
      return (chunk ??= chunkOf(messages.map((message) => bodyOf(message.chunk))));
    },
    frames: onceInARow((start: string) => messages.map((message) => message.frames(start)).join("")),
  };
}

/** How a `next` message of an operation begins: what differs from one client to another. */
export function startOfNext(operationId: string): string {
  return inBytes(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`);
}

/** One chunk of a chunked body. */
export function chunkOf(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from(`${length.toString(16)}\r\n`), ...parts, Buffer.from("\r\n")]);
}

/** What a chunk brings, without what is around it. */
export function bodyOf(chunk: Buffer): Buffer {
  return chunk.subarray(chunk.indexOf("\n") + 1, -2);
}
