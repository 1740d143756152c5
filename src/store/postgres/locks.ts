import { createHash } from "node:crypto";

/**
 * The keys of the advisory locks that replicas share. They belong to one schema, so that two stores in one database do
 * not wait for each other.
 */
export type Locks = {
  /** Held while tables are made or changed. */
  readonly store: bigint;
  /** Held by the one replica that makes the index of the issues' texts. */
  readonly textIndex: bigint;
  /** Shared by all that write batches. Held exclusively to erase, by `rebuild`, and by a copy. */
  readonly writing: bigint;
  /** Held by the one transaction that erases, before it takes `writing`: so batches wait for one of these at most. */
  readonly erasing: bigint;
  /** Held by the one transaction that adds to the log, from when it learns its positions until it ends. */
  readonly log: bigint;
  /** Held by the one transaction that writes about this issue. */
  readonly issue: (sentryId: string) => bigint;
  /** Held by the one transaction that writes a delivery with this body, if it is not about an issue. */
  readonly body: (sha256: string) => bigint;
};

/** Every replica gets the same keys for the same schema. */
export function locksOf(schema: string): Locks {
  const key = (...parts: readonly string[]) =>
    createHash("sha256")
      .update(JSON.stringify(["issuewire", schema, ...parts]))
      .digest()
      .readBigInt64BE();
  return {
    store: key("store"),
    textIndex: key("text index"),
    writing: key("writing"),
    erasing: key("erasing"),
    log: key("log"),
    issue: (sentryId) => key("issue", sentryId),
    body: (sha256) => key("body", sha256),
  };
}

/** The keys, each once, in the order in which every transaction takes them, so that none deadlock. */
export function inOrder(keys: Iterable<bigint>): readonly bigint[] {
  return [...new Set(keys)].toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0));
}
