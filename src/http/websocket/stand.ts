import type { LiveSubscriber } from "../live/live.ts";

/** The most characters of ids in a ping: a client's pong repeats them, in a message of limited size. */
const mostInIds = 8_192;

type Stand = {
  readonly cursor: string;
  readonly ids: readonly string[];
};

type Standing = {
  /** Subscriptions by id. */
  readonly subscribers: ReadonlyMap<string, Pick<LiveSubscriber, "resumes" | "position" | "cursor">>;
  /** Every operation that has not ended, by id. */
  readonly operations: Readonly<Record<string, unknown>>;
};

/**
 * Returns the cursor that all resumable subscriptions of a socket share, and their ids. Undefined if there are none, or
 * if the ids are too long together. Undefined also if positions differ or another operation may be about to begin: with
 * one cursor for all, one of them would miss or repeat something.
 */
export function whereAllStand({ subscribers, operations }: Standing): Stand | undefined {
  if (Object.keys(operations).length > subscribers.size) return undefined;
  const all = [...subscribers].filter(([, { resumes }]) => resumes);
  const [, first] = all[0] ?? [];
  if (first === undefined || all.some(([, { position }]) => position !== first.position)) return undefined;
  const ids = all.map(([id]) => id);
  return ids.join("").length > mostInIds ? undefined : { cursor: first.cursor, ids };
}
