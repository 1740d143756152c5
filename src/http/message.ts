import type { Answer } from "../stream/answer.ts";
import { textFrame } from "./text-frame.ts";

/**
 * One result of a subscription, or several, as bytes for each transport. They are made when they are first needed and
 * then shared by everyone who gets the result.
 */
export type Message = Answer & {
  /** A result as text; for several, the texts one after the other. Equal for results that say the same. */
  readonly json: string;
  /** `next` events of an event stream, each with its cursor for an id. */
  readonly events: Buffer;
  /** `next` messages of graphql-transport-ws, each a whole WebSocket frame. `start` is what `startOfNext` gives. */
  readonly frames: (start: Buffer) => Buffer;
};

/** @param cursor where a client that has it resumes; null for one that must not move the client's position. */
export function createMessage(
  json: string,
  { cursor, isLast }: { readonly cursor: string | null; readonly isLast: boolean },
): Message {
  let events: Buffer | undefined;
  let rest: Buffer | undefined;
  let framed: { readonly start: Buffer; readonly frame: Buffer } | undefined;
  return {
    json,
    isLast,
    // The text, and most often one of the forms.
    bytes: 512 + 2 * json.length,
    get events() {
      events ??= Buffer.from(`${cursor === null ? "" : `id: ${cursor}\n`}event: next\ndata: ${json}\n\n`);
      return events;
    },
    frames(start) {
      // Clients that count their operations have the same ids, so one frame does for many sockets in a row.
      if (framed?.start.equals(start) === true) return framed.frame;
      rest ??= Buffer.from(`${json}}`);
      framed = { start, frame: textFrame([start, rest]) };
      return framed.frame;
    },
  };
}

/** One message that says what several say, in their order. */
export function joinedMessages(messages: readonly Message[]): Message {
  let events: Buffer | undefined;
  let framed: { readonly start: Buffer; readonly frames: Buffer } | undefined;
  return {
    json: messages.map(({ json }) => json).join(""),
    isLast: messages.at(-1)!.isLast,
    bytes: messages.reduce((sum, { bytes }) => sum + bytes, 0),
    get events() {
      events ??= Buffer.concat(messages.map((message) => message.events));
      return events;
    },
    frames(start) {
      if (framed?.start.equals(start) === true) return framed.frames;
      framed = { start, frames: Buffer.concat(messages.map((message) => message.frames(start))) };
      return framed.frames;
    },
  };
}

/** How a `next` message of an operation begins: what differs from one client to another. */
export function startOfNext(operationId: string): Buffer {
  return Buffer.from(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`);
}
