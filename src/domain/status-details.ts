import type { Actor, Json, JsonObject } from "./issue.ts";

/** How an issue was resolved or archived, and how that will end. Null is what was not sent or not understood. */
export type StatusDetails = {
  readonly inRelease: string | null;
  readonly inNextRelease: boolean | null;
  readonly inCommit: Commit | null;
  readonly ignoreCount: number | null;
  /** Minutes, as all windows and durations here. */
  readonly ignoreWindow: number | null;
  readonly ignoreUserCount: number | null;
  readonly ignoreUserWindow: number | null;
  readonly ignoreDuration: number | null;
  /** Epoch milliseconds. */
  readonly ignoreUntil: number | null;
  readonly autoResolved: boolean | null;
  readonly actor: Actor | null;
  /** All that was sent. */
  readonly raw: JsonObject;
};

/** A commit that resolved an issue. */
export type Commit = {
  readonly id: string;
  readonly message: string | null;
  readonly repository: string | null;
  /** All that was sent. */
  readonly raw: Json;
};
