import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";

/** How much of all answers that are made, and that their clients have not taken yet, may be in memory. */
export type AnswerRoom = {
  /**
   * Counts one more, of so many bytes, until the returned function is called; null where there is no room for it. What is
   * little for its connection is not counted, and is never refused.
   *
   * Where there is no room, clients that have more of it than the one that asks give way with the oldest of their answers.
   * So nobody takes it all from others, and whoever is alone, or stands for all because of a proxy, may have all of it.
   *
   * @param behind the bytes that wait on its connection already.
   * @param request what it answers; without one it is of nobody, for whom no other gives way, and it does not either.
   * @param giveWay ends it, once it is not counted any more; left out, its connection is reset.
   */
  readonly add: (
    bytes: number,
    behind: number,
    request?: Pick<IncomingMessage, "socket" | "headers">,
    giveWay?: () => void,
  ) => (() => void) | null;
};

/** What each connection may have waiting: ordinary answers are smaller, and never find the room taken by larger ones. */
const alwaysRoomBytes = 16 * 1024;

/** An answer that waits. */
type Waiting = { readonly bytes: number; readonly giveWay: () => void };

/** What one client has waiting, oldest first. */
type Held = { bytes: number; readonly answers: Set<Waiting> };

/**
 * Without such a bound, some dozens of clients that ask for much and take nothing would fill the memory.
 *
 * @param clientOf whom a request comes from: all that one client has of addresses is one key.
 */
export function createAnswerRoom(
  mostBytes: number,
  clientOf: (request: Pick<IncomingMessage, "socket" | "headers">) => string = () => "",
): AnswerRoom {
  let taken = 0;
  const clients = new Map<string, Held>();

  function hold(client: string, answer: Waiting): () => void {
    const held = clients.get(client) ?? { bytes: 0, answers: new Set() };
    clients.set(client, held);
    held.bytes += answer.bytes;
    held.answers.add(answer);
    return () => letGo(client, held, answer);
  }

  function letGo(client: string, held: Held, answer: Waiting): void {
    if (!held.answers.delete(answer)) return;
    taken -= answer.bytes;
    held.bytes -= answer.bytes;
    if (held.answers.size === 0) clients.delete(client);
  }

  /** Makes room for one whose client then has `fair` of it. False, and nothing is ended, where that cannot be. */
  function makeRoom(bytes: number, fair: number): boolean {
    const beyond = [...clients.values()].reduce((sum, held) => sum + Math.max(0, held.bytes - fair), 0);
    if (beyond < taken + bytes - mostBytes) return false;
    while (taken + bytes > mostBytes) {
      const [client, held] = [...clients].reduce((most, one) => (one[1].bytes > most[1].bytes ? one : most));
      const [oldest] = held.answers;
      letGo(client, held, oldest!);
      oldest!.giveWay();
    }
    return true;
  }

  return {
    add(bytes, behind, request, giveWay) {
      if (behind + bytes <= alwaysRoomBytes) return uncounted;
      if (request === undefined) {
        if (taken + bytes > mostBytes) return null;
        taken += bytes;
        return () => {
          taken -= bytes;
        };
      }
      const client = clientOf(request);
      const fair = (clients.get(client)?.bytes ?? 0) + bytes;
      if (taken + bytes > mostBytes && !makeRoom(bytes, fair)) return null;
      taken += bytes;
      const { socket } = request;
      return hold(client, { bytes, giveWay: giveWay ?? (() => void socket.resetAndDestroy()) });
    },
  };
}

function uncounted(): void {}

/** What a connection's client has not taken of what is written to it as it happens, as subscriptions are. */
export type Unread = {
  /** Counts what waits on the connection, once more has been written. False where there is no room for it. */
  readonly count: () => boolean;
  /** Nothing waits there any more. */
  readonly letGo: () => void;
};

/**
 * Counted together, because no more of it is written before all of it is taken.
 *
 * @param giveWay ends the connection, because others need the room more than what waits on it.
 */
export function createUnread(
  answerRoom: AnswerRoom,
  taker: Pick<Writable, "writableLength">,
  request: Pick<IncomingMessage, "socket" | "headers">,
  giveWay: () => void,
): Unread {
  let letGo = uncounted;
  return {
    count() {
      letGo();
      const counted = answerRoom.add(taker.writableLength, 0, request, giveWay);
      letGo = counted ?? uncounted;
      return counted !== null;
    },
    letGo: () => letGo(),
  };
}

/** Calls `given` once nothing of the response waits any more: its `end` was called, and the client may be gone. */
export function onceTaken(response: ServerResponse, given: () => void): void {
  // Most the system takes at once.
  if (response.writableLength === 0 || response.closed) given();
  else response.once("close", given);
}

/** What is said to whoever there is no room to answer. */
export const noRoomToAnswer = "Too many answers wait to be taken: try again, and read what you ask for.";
