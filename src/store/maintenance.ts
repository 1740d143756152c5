import type { Project } from "../domain/issue.ts";
import type { Erasing } from "./erase/erasing.ts";
import type { Tokens } from "./tokens.ts";

/** What became of the database's file when it was to be rewritten. */
export type Compaction =
  | { readonly is: "compact" }
  /** Not rewritten: a gateway uses it, which would refuse webhooks meanwhile, or another command does. */
  | { readonly is: "in use" }
  /** Not rewritten, with the reason as a part of a sentence. */
  | { readonly is: "left"; readonly because: string };

/**
 * What commands do to a store, whether a gateway runs on it or not, and whatever database it is in.
 *
 * Each step of `Erasing` is one short transaction; a gateway goes on writing between them.
 * @throws StorageUnavailableError if the database was not available within seconds; nothing was done then.
 */
export interface Maintenance extends Erasing, AsyncDisposable {
  readonly tokens: Tokens;
  /**
   * The project with this slug (of several that had it, the one heard of last), or else with this Sentry id; null if
   * there is none.
   */
  findProject(slugOrId: string): Promise<Project | null>;
  /** Sentry's id of the issue with this short id, or else with this Sentry id; null if there is none. */
  findIssue(shortIdOrId: string): Promise<string | null>;
  /** Rewrites the database's file, unless something prevents it: unused parts of it may still hold what was erased. */
  compact(): Promise<Compaction>;
  /**
   * Removes what was erased or rewritten from the files that the database keeps beside its own. False if a reader
   * prevented that for seconds.
   */
  sweep(): Promise<boolean>;
  /** True if a delivery that is not about an issue has this body (sha256 in lower-case hex). */
  hasDelivery(sha256: string): Promise<boolean>;
}
