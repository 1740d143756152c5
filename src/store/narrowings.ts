import type { Comparator, IssueFilter } from "../domain/filter.ts";

/** Most narrowings of a filter: each is counted before a page is read, and no usual filter has more that matter. */
const mostNarrowings = 6;

/**
 * The parts of a filter that an index serves, the most selective first. Every issue that passes the filter passes each
 * of them.
 *
 * An index that begins with a project, an assignee or a level continues with the status, so those parts include it.
 * Parts inside `not` and `or` are left out.
 */
export function narrowingsOf(filter: IssueFilter): readonly IssueFilter[] {
  const parts = conjunctsOf(filter);
  const status = parts.find((part) => isFindable(part.status, "OTHER"))?.status;
  const withStatus = status === undefined ? {} : { status };
  const one = (pick: (part: IssueFilter) => IssueFilter | null) => parts.flatMap((part) => pick(part) ?? []);
  const all = [
    ...one(({ sentryId }) => (isFindable(sentryId) ? { sentryId } : null)),
    ...one(({ shortId }) => (isFindable(shortId) ? { shortId: exactly(shortId) } : null)),
    ...one(({ search }) => (search === undefined ? null : { search })),
    ...one(({ assignee }) =>
      isFindable(assignee?.sentryId) ? { assignee: { sentryId: assignee.sentryId }, ...withStatus } : null,
    ),
    ...one(({ assignee }) => (assignee?.null === true ? { assignee: { null: true }, ...withStatus } : null)),
    ...one(({ project }) =>
      isFindable(project?.sentryId) ? { project: { sentryId: project.sentryId }, ...withStatus } : null,
    ),
    ...one(({ project }) =>
      isFindable(project?.slug) ? { project: { slug: exactly(project.slug) }, ...withStatus } : null,
    ),
    ...one(({ level }) => (isFindable(level, "UNKNOWN") ? { level, ...withStatus } : null)),
    ...(status === undefined ? [] : [{ status }]),
  ];
  return all.slice(0, mostNarrowings);
}

/** True if the filter asks only for what an event knows of its issue: the project's id and its exact slug. */
export function isOfProjects({ and, or, not, project, ...rest }: IssueFilter): boolean {
  const { contains, startsWith } = project?.slug ?? {};
  const others = [...Object.values(rest), contains, startsWith];
  return (
    others.every((operand) => operand == null) &&
    [...(and ?? []), ...(or ?? []), ...(not == null ? [] : [not])].every(isOfProjects)
  );
}

/** The filters that must all pass: this one and those inside `and`. */
function conjunctsOf(filter: IssueFilter): readonly IssueFilter[] {
  return [filter, ...(filter.and ?? []).flatMap(conjunctsOf)];
}

/** True if the comparator lists the values that it wants, without `rest`, which stands for all unknown values. */
function isFindable<Value extends string>(
  comparator: Comparator<Value> | undefined,
  rest?: Value,
): comparator is Comparator<Value> {
  if (comparator === undefined) return false;
  const wanted = comparator.eq === undefined ? comparator.in : [comparator.eq];
  return wanted !== undefined && (rest === undefined || !wanted.includes(rest));
}

function exactly({ eq, in: among }: Comparator<string>): Comparator<string> {
  return { ...(eq !== undefined && { eq }), ...(among !== undefined && { in: among }) };
}
