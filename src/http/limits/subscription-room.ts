import type { LiveOperation } from "../../graphql/live/live-operation.ts";

/** The memory that all followed operations take. */
export type SubscriptionRoom = {
  /** Counts one more operation until the returned function is called; null if there is no room for it. */
  readonly add: (operation: Pick<LiveOperation, "key" | "bytes">) => (() => void) | null;
};

/**
 * Without such a bound, a few thousand documents of the largest size would fill the memory: nothing else ends a
 * subscription whose client reads it.
 */
export function createSubscriptionRoom(mostBytes: number): SubscriptionRoom {
  let taken = 0;
  /** The number of followers of each operation, by its key. */
  const followers = new Map<string, number>();
  return {
    add({ key, bytes: { once, each } }) {
      const before = followers.get(key) ?? 0;
      const more = each + (before === 0 ? once : 0);
      if (taken + more > mostBytes) return null;
      taken += more;
      followers.set(key, before + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        const left = followers.get(key)! - 1;
        taken -= each + (left === 0 ? once : 0);
        if (left === 0) followers.delete(key);
        else followers.set(key, left);
      };
    },
  };
}
