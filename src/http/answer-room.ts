import type { ServerResponse } from "node:http";

/** How much of all answers that are made, and that their clients have not taken yet, may be in memory. */
export type AnswerRoom = {
  /**
   * Counts one more, of so many bytes, until the returned function is called; null where there is no room for it. What is
   * little for its connection is not counted, and is never refused.
   *
   * @param behind the bytes that wait on its connection already.
   */
  readonly add: (bytes: number, behind: number) => (() => void) | null;
};

/** What each connection may have waiting: ordinary answers are smaller, and never find the room taken by larger ones. */
const alwaysRoomBytes = 16 * 1024;

/** Without such a bound, some dozens of clients that ask for much and take nothing would fill the memory. */
export function createAnswerRoom(mostBytes: number): AnswerRoom {
  let taken = 0;
  return {
    add(bytes, behind) {
      if (behind + bytes <= alwaysRoomBytes) return uncounted;
      if (taken + bytes > mostBytes) return null;
      taken += bytes;
      return () => {
        taken -= bytes;
      };
    },
  };
}

function uncounted(): void {}

/** Calls `given` once nothing of the response waits any more: its `end` was called, and the client may be gone. */
export function onceTaken(response: ServerResponse, given: () => void): void {
  // Most the system takes at once.
  if (response.writableLength === 0 || response.closed) given();
  else response.once("close", given);
}

/** What is said to whoever there is no room to answer. */
export const noRoomToAnswer = "Too many answers wait to be taken: try again, and read what you ask for.";
