import type { LiveSubscriber } from "./live.ts";

/** Most characters of ids in a ping: a client's pong says them again, in a message as large as it may send. */
const mostInIds = 8_192;

type Stand = {
  readonly cursor: string;
  readonly ids: readonly string[];
};

type Standing = {
  /** Subscriptions by their ids. */
  readonly subscribers: ReadonlyMap<string, Pick<LiveSubscriber, "resumes" | "position" | "cursor">>;
  /** Every operation that has not ended, by its id. */
  readonly operations: Readonly<Record<string, unknown>>;
};

/**
 * Where all the socket's subscriptions stand, of those that can resume. Nowhere where they stand apart, or where one may be
 * about to begin: taken for all of them, the cursor would have one miss something, or be told it again.
 */
export function whereAllStand({ subscribers, operations }: Standing): Stand | undefined {
  if (Object.keys(operations).length > subscribers.size) return undefined;
  const all = [...subscribers].filter(([, { resumes }]) => resumes);
  const [, first] = all[0] ?? [];
  if (first === undefined || all.some(([, { position }]) => position !== first.position)) return undefined;
  const ids = all.map(([id]) => id);
  return ids.join("").length > mostInIds ? undefined : { cursor: first.cursor, ids };
}
