import { changesUnder } from "../../domain/change.ts";
import { forgottenRole } from "../../domain/event.ts";
import type { IssueFilter, TransitionFilter } from "../../domain/filter.ts";
import { isUnlimitedAdmin, maySeePrivate, maySeeProject, type Viewer } from "../../domain/viewer.ts";
import type { Context } from "../context.ts";
import { errorOf } from "../errors.ts";

/**
 * Narrows the filter to issues that the viewer may see.
 * @throws GraphQLError FORBIDDEN if it asks about what the viewer may not see: the answer would give it away.
 */
export function permittedIssues(filter: IssueFilter, viewer: Viewer): IssueFilter {
  if (!maySeePrivate(viewer) && asksAboutEmail(filter)) throw forbidden("Filtering by e-mail address");
  if (viewer.projects === "all") return filter;
  const ofTheirs: IssueFilter = { project: { sentryId: { in: [...viewer.projects] } } };
  return Object.keys(filter).length === 0 ? ofTheirs : { and: [ofTheirs, filter] };
}

/** Narrows the filter to transitions that the viewer may see. Otherwise like `permittedIssues`. */
export function permittedTransitions(filter: TransitionFilter, viewer: Viewer): TransitionFilter {
  if (!maySeePrivate(viewer) && asksOfIssuesAboutEmail(filter))
    throw forbidden("Filtering by e-mail address");
  if (viewer.projects === "all") return filter;
  const ofTheirs: TransitionFilter = { issue: permittedIssues({}, viewer) };
  return Object.keys(filter).length === 0 ? ofTheirs : { and: [ofTheirs, filter] };
}

/** `changesUnder` the filter, for issues that the viewer may see. Otherwise like `permittedIssues`. */
export function permittedChanges(filter: IssueFilter, viewer: Viewer): ReturnType<typeof changesUnder> {
  const changeOf = changesUnder(permittedIssues(filter, viewer));
  return (entry) => {
    const { event, after } = entry;
    // Every list is told that an issue is forgotten. All that is left to test of such an issue is its project.
    const isAnothers =
      event.role === forgottenRole && !maySeeProject(viewer, after.fields.project?.sentryId ?? null);
    return isAnothers ? null : changeOf(entry);
  };
}

/** @throws GraphQLError FORBIDDEN for an anonymous viewer. */
export function requirePrivate(what: string, { viewer }: Pick<Context, "viewer">): void {
  if (!maySeePrivate(viewer)) throw forbidden(what);
}

/** @throws GraphQLError FORBIDDEN for all but admins of all projects. */
export function requireAdmin(what: string, { viewer }: Pick<Context, "viewer">): void {
  if (!isUnlimitedAdmin(viewer)) {
    throw errorOf("FORBIDDEN", `${what} needs an admin token for all projects.`);
  }
}

function forbidden(what: string) {
  return errorOf("FORBIDDEN", `${what} needs a token.`);
}

function asksAboutEmail({ and = [], or = [], not, assignee }: IssueFilter): boolean {
  return (
    assignee?.email !== undefined || [...and, ...or, ...(not === undefined ? [] : [not])].some(asksAboutEmail)
  );
}

function asksOfIssuesAboutEmail({ and = [], or = [], not, issue = {} }: TransitionFilter): boolean {
  return (
    asksAboutEmail(issue) || [...and, ...or, ...(not === undefined ? [] : [not])].some(asksOfIssuesAboutEmail)
  );
}
