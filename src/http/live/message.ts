import type { Answer } from "../../stream/operation.ts";
import { inBytes } from "../in-bytes.ts";
import { memoizeLast } from "../memoize-last.ts";
import { textFrameHead } from "../websocket/text-frame.ts";

/**
 * One or several results of a subscription, as bytes for each transport. The bytes are made when first needed, and
 * shared by everyone who gets the results.
 */
export type Message = Answer & {
  /** The result as JSON; of several results, the texts one after the other. Equal for equal results. */
  readonly json: string;
  /** `next` events of an event stream, each with its cursor as id, in one chunk of a chunked body (RFC 9112, 7.1). */
  readonly chunk: Buffer;
  /**
   * `next` messages of graphql-transport-ws, each a whole WebSocket frame, in "latin1": one character per byte. `start`
   * is what `startOfNext` gives.
   */
  readonly frames: (start: string) => string;
};

/** @param cursor to resume after; null if the message must not move the client's position. */
export function createMessage(
  json: string,
  { cursor, failed }: { readonly cursor: string | null; readonly failed: Message["failed"] },
): Message {
  let chunk: Buffer | undefined;
  let rest: string | undefined;
  return {
    json,
    failed,
    // The text, and usually one of its two encoded forms.
    bytes: 512 + 2 * json.length,
    get chunk() {
      const id = cursor === null ? "" : `id: ${cursor}\n`;
      return (chunk ??= chunkOf([Buffer.from(`${id}event: next\ndata: ${json}\n\n`)]));
    },
    // Clients that number their operations use the same ids, so one result often fits many sockets in a row.
    frames: memoizeLast((start: string) => {
      rest ??= inBytes(`${json}}`);
      return textFrameHead(start.length + rest.length) + start + rest;
    }),
  };
}

/** Joins messages, at least one, into one message in their order. */
export function joinedMessages(messages: readonly Message[]): Message {
  let chunk: Buffer | undefined;
  return {
    json: messages.map(({ json }) => json).join(""),
    failed: messages.at(-1)!.failed,
    bytes: messages.reduce((sum, { bytes }) => sum + bytes, 0),
    get chunk() {
      return (chunk ??= chunkOf(messages.map((message) => bodyOf(message.chunk))));
    },
    frames: memoizeLast((start: string) => messages.map((message) => message.frames(start)).join("")),
  };
}

/** The beginning of an operation's `next` message, the only part in which clients differ. */
export function startOfNext(operationId: string): string {
  return inBytes(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`);
}

/** One chunk of a chunked body. */
export function chunkOf(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from(`${length.toString(16)}\r\n`), ...parts, Buffer.from("\r\n")]);
}

/** The content of a chunk, without the chunk's framing. */
export function bodyOf(chunk: Buffer): Buffer {
  return chunk.subarray(chunk.indexOf("\n") + 1, -2);
}
