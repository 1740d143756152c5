import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { AnswerRoom } from "./answer-room.ts";

/** The results of subscriptions that a connection's client has not read yet. */
export type Unread = {
  /** Counts anew what waits on the connection, after a write. False if there is no room for it. */
  readonly count: () => boolean;
  /** Counts nothing any more, because nothing waits. */
  readonly letGo: () => void;
};

/**
 * Counts all that waits on a connection as one answer, because no more is written before all of it is taken.
 *
 * @param giveWay ends the connection, if others need the room.
 */
export function createUnread(
  answerRoom: AnswerRoom,
  taker: Pick<Writable, "writableLength">,
  request: Pick<IncomingMessage, "socket" | "headers">,
  giveWay: () => void,
): Unread {
  let letGo = nothing;
  return {
    count() {
      letGo();
      const counted = answerRoom.add(taker.writableLength, 0, request, giveWay);
      letGo = counted ?? nothing;
      return counted !== null;
    },
    letGo: () => letGo(),
  };
}

/** Calls `given` once nothing of the response waits any more: it has ended, and its client may be gone. */
export function onceTaken(response: ServerResponse, given: () => void): void {
  // The system takes most answers at once.
  if (response.writableLength === 0 || response.closed) given();
  else response.once("close", given);
}

function nothing(): void {}
