/** Who asks: what they may read, and of which projects (Sentry's ids). */
export type Viewer = {
  readonly scope: "admin" | "read" | "anonymous";
  readonly projects: "all" | ReadonlySet<string>;
};

/** May read everything. */
export const unlimitedAdmin: Viewer = { scope: "admin", projects: "all" };
