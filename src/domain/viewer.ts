/** A client's permissions: its scope, and the projects (Sentry's ids) that it may read. */
export type Viewer = {
  readonly scope: "admin" | "read" | "anonymous";
  readonly projects: "all" | ReadonlySet<string>;
};

/** May read everything. */
export const unlimitedAdmin: Viewer = { scope: "admin", projects: "all" };

/** The viewer without a token that ALLOW_ANONYMOUS lets in. */
export const anonymousReader: Viewer = { scope: "anonymous", projects: "all" };

/** A key that is equal for two viewers if and only if they may read the same. */
export function viewerKey({ scope, projects }: Viewer): string {
  return projects === "all" ? scope : JSON.stringify([scope, [...projects].toSorted()]);
}

/** True for a project id of Sentry's; false for a slug. */
export function isProjectId(text: string): boolean {
  return /^[0-9]{1,20}$/.test(text);
}

/** True if the viewer may read this project. Only viewers of all projects may read what has no project. */
export function maySeeProject({ projects }: Viewer, sentryId: string | null): boolean {
  return projects === "all" || (sentryId !== null && projects.has(sentryId));
}

/** True if the viewer may read everything, deliveries and metrics included, which are about all projects at once. */
export function isUnlimitedAdmin({ scope, projects }: Viewer): boolean {
  return scope === "admin" && projects === "all";
}

/** True if the viewer may read e-mail addresses and what Sentry sent as it came. */
export function maySeePrivate({ scope }: Viewer): boolean {
  return scope !== "anonymous";
}
