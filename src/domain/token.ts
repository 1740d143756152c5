import type { Viewer } from "./viewer.ts";

export const tokenScopes = ["read", "admin"] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** A stored token: its permissions and the sha256 of its text, never the text. */
export type Token = {
  /** Unique among existing tokens. */
  readonly name: string;
  /** Of the text's UTF-8, in lower-case hex. */
  readonly sha256: string;
  readonly scope: TokenScope;
  /** Sentry's ids. */
  readonly projects: "all" | readonly string[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds from which it is refused; null for never. */
  readonly expiresAt: number | null;
};

/** The viewer with the token's permissions. */
export function viewerOf({ scope, projects }: Pick<Token, "scope" | "projects">): Viewer {
  return { scope, projects: projects === "all" ? projects : new Set(projects) };
}
