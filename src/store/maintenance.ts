import type { Project } from "../domain/issue.ts";
import type { Erasing } from "./erase.ts";
import type { Tokens } from "./tokens.ts";

/** What became of the database's file where it was to be written anew. */
export type Compaction =
  | { readonly is: "compact" }
  /** As it was, because a gateway uses it, which would refuse webhooks meanwhile, or another command. */
  | { readonly is: "in use" }
  /** As it was, with the reason in words, which go into a sentence. */
  | { readonly is: "left"; readonly because: string };

/**
 * What commands do to a store, whether a gateway runs on it or not, and whatever database keeps it.
 *
 * Each step of `Erasing` is one short transaction, between which a gateway goes on writing.
 * @throws StorageUnavailableError when the database could not be had within seconds; nothing was done then.
 */
export interface Maintenance extends Erasing, AsyncDisposable {
  readonly tokens: Tokens;
  /** The project with this slug, the one heard of last if several had it, or else with this id of Sentry's. */
  findProject(slugOrId: string): Promise<Project | null>;
  /** The issue with this short id, or else with this id of Sentry's: that id. */
  findIssue(shortIdOrId: string): Promise<string | null>;
  /** Writes the database's file anew, for parts of it that are not in use may hold what was erased; or leaves it. */
  compact(): Promise<Compaction>;
  /**
   * Leaves nothing of what was erased, or written anew, in the files that the database keeps beside its own. False where
   * somebody who reads the database kept it from that for seconds.
   */
  sweep(): Promise<boolean>;
  /** Whether a delivery that is not about an issue has this body (sha256 in lower-case hex). */
  hasDelivery(sha256: string): Promise<boolean>;
}
