/** Who asks: what they may read, and of which projects (Sentry's ids). */
export type Viewer = {
  readonly scope: "admin" | "read" | "anonymous";
  readonly projects: "all" | ReadonlySet<string>;
};

/** May read everything. */
export const unlimitedAdmin: Viewer = { scope: "admin", projects: "all" };

/** Whom ALLOW_ANONYMOUS lets in. */
export const anonymousReader: Viewer = { scope: "anonymous", projects: "all" };

/** Equal for two viewers exactly when they may read the same. */
export function viewerKey({ scope, projects }: Viewer): string {
  return projects === "all" ? scope : JSON.stringify([scope, [...projects].toSorted()]);
}

/** True for the text of an id as Sentry gives projects, and false for a slug. */
export function isProjectId(text: string): boolean {
  return /^[0-9]{1,20}$/.test(text);
}

/** True when they may read of this project; what has no project is for viewers of all projects. */
export function maySeeProject({ projects }: Viewer, sentryId: string | null): boolean {
  return projects === "all" || (sentryId !== null && projects.has(sentryId));
}

/** True when they may read everything: deliveries and metrics too, which tell of all projects at once. */
export function isUnlimitedAdmin({ scope, projects }: Viewer): boolean {
  return scope === "admin" && projects === "all";
}

/** True when they may read e-mail addresses, and what Sentry sent as it came. */
export function maySeePrivate({ scope }: Viewer): boolean {
  return scope !== "anonymous";
}
