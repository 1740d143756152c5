import type { Connection } from "./connection.ts";

/** How long a write by another process may stay unseen: it is of a command beside the gateway, not of a webhook. */
const lookEveryMs = 100;

export type Version = {
  /** As `Store.version`. */
  readonly now: () => number;
  /** To be called once this process has committed something. */
  readonly moved: () => void;
};

/**
 * Tells whether the database has changed. SQLite is asked only now and then: that takes longer than answering from
 * memory.
 */
export function createVersion({ client }: Connection, clock = (): number => performance.now()): Version {
  const dataVersion = client.prepare<[], number>("pragma data_version").pluck();
  let version = 0;
  let seen = dataVersion.get();
  let lookedAt = clock();
  return {
    now() {
      if (clock() - lookedAt >= lookEveryMs) {
        lookedAt = clock();
        const now = dataVersion.get();
        if (now !== seen) version += 1;
        seen = now;
      }
      return version;
    },
    moved() {
      version += 1;
    },
  };
}
