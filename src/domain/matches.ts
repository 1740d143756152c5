import {
  all,
  among,
  any,
  dateTest,
  negated,
  numberTest,
  on,
  textTest,
  valueTest,
  type Test,
} from "./comparators.ts";
import type { LogEntry, LoggedEvent, Transition } from "./event.ts";
import type { IssueFilter, TransitionFilter } from "./filter.ts";
import { fold } from "./fold.ts";
import { interpret } from "./interpret.ts";
import {
  issueLevelOf,
  issuePriorityOf,
  issueStatusOf,
  issueSubstatusOf,
  type Issue,
  type IssueFields,
} from "./issue.ts";

/** Whether an issue passes the filter. Relative times count from `now` (epoch milliseconds). */
export function issueTest(filter: IssueFilter): Test<Issue> {
  return all(
    interpret<IssueFilter, Test<Issue>>(filter, {
      and: (filters) => all(filters.map(issueTest)),
      or: (filters) => any(filters.map(issueTest)),
      not: (inner) => negated(issueTest(inner)),
      sentryId: (comparator) => on((issue) => issue.sentryId, valueTest(comparator)),
      shortId: (comparator) => on((issue) => issue.fields.shortId, textTest(comparator)),
      search: (text) => on((issue) => issue.fields, searchTest(text)),
      title: (comparator) => on((issue) => issue.fields.title, textTest(comparator)),
      culprit: (comparator) => on((issue) => issue.fields.culprit, textTest(comparator)),
      status: (comparator) => on((issue) => issueStatusOf(issue.state.status), valueTest(comparator)),
      substatus: (comparator) =>
        on((issue) => issueSubstatusOf(issue.state.substatus), valueTest(comparator)),
      statusSince: (comparator) => on((issue) => issue.statusSince, dateTest(comparator)),
      level: (comparator) => on((issue) => issueLevelOf(issue.fields.levelRaw), valueTest(comparator)),
      priority: (comparator) =>
        on((issue) => issuePriorityOf(issue.fields.priorityRaw), valueTest(comparator)),
      category: (comparator) => on((issue) => issue.fields.category, textTest(comparator)),
      issueType: (comparator) => on((issue) => issue.fields.issueType, textTest(comparator)),
      platform: (comparator) => on((issue) => issue.fields.platform, textTest(comparator)),
      project: (inner) => on((issue) => issue.fields.project, projectTest(inner)),
      assignee: (inner) => on((issue) => issue.fields.assignee, assigneeTest(inner)),
      isUnhandled: (comparator) => on((issue) => issue.fields.isUnhandled, valueTest(comparator)),
      count: (comparator) => on((issue) => issue.fields.count, numberTest(comparator)),
      userCount: (comparator) => on((issue) => issue.fields.userCount, numberTest(comparator)),
      firstSeen: (comparator) => on((issue) => issue.fields.firstSeen, dateTest(comparator)),
      lastSeen: (comparator) => on((issue) => issue.fields.lastSeen, dateTest(comparator)),
    }),
  );
}

/**
 * Whether an entry's event is a transition that passes the filter. Conditions on the issue are tried on the issue after
 * the entry. An event without a transition passes no filter, not even an empty one.
 */
export function transitionTest(filter: TransitionFilter): Test<LogEntry> {
  const test = changeTest(filter);
  return ({ event, after }, now) =>
    event.transition !== null && test({ event, transition: event.transition, issue: after }, now);
}

/** An event with its transition, and the issue after it. */
type Change = { readonly event: LoggedEvent; readonly transition: Transition; readonly issue: Issue };

function changeTest(filter: TransitionFilter): Test<Change> {
  return all(
    interpret<TransitionFilter, Test<Change>>(filter, {
      and: (filters) => all(filters.map(changeTest)),
      or: (filters) => any(filters.map(changeTest)),
      not: (inner) => negated(changeTest(inner)),
      issue: (inner) => on((change) => change.issue, issueTest(inner)),
      kind: (kinds) => on(({ transition }) => transition.kind, among(kinds)),
      source: (sources) => on(({ event }) => event.source, among(sources)),
      fromStatus: (comparator) =>
        on(
          ({ transition: { from } }) => (from === null ? null : issueStatusOf(from.status)),
          valueTest(comparator),
        ),
      toStatus: (comparator) =>
        on(({ transition }) => issueStatusOf(transition.to.status), valueTest(comparator)),
      toSubstatus: (comparator) =>
        on(({ transition }) => issueSubstatusOf(transition.to.substatus), valueTest(comparator)),
      occurredAt: (comparator) => on(({ event }) => event.occurredAt, dateTest(comparator)),
      actorType: (types) => on(({ event }) => event.actor?.type ?? null, among(types)),
    }),
  );
}

function searchTest(text: string): Test<IssueFields> {
  const part = fold(text);
  return ({ title, culprit, shortId }) =>
    [title, culprit, shortId].some((searched) => searched !== null && fold(searched).includes(part));
}

function projectTest(filter: NonNullable<IssueFilter["project"]>): Test<IssueFields["project"]> {
  return all(
    interpret<typeof filter, Test<IssueFields["project"]>>(filter, {
      sentryId: (comparator) => on((project) => project?.sentryId ?? null, valueTest(comparator)),
      slug: (comparator) => on((project) => project?.slug ?? null, textTest(comparator)),
    }),
  );
}

/** An unassigned issue has null in every field of its assignee. */
function assigneeTest(filter: NonNullable<IssueFilter["assignee"]>): Test<IssueFields["assignee"]> {
  return all(
    interpret<typeof filter, Test<IssueFields["assignee"]>>(filter, {
      null: (wanted) => (assignee) => (assignee === null) === wanted,
      sentryId: (comparator) => on((assignee) => assignee?.sentryId ?? null, valueTest(comparator)),
      email: (comparator) => on((assignee) => assignee?.email ?? null, textTest(comparator)),
      name: (comparator) => on((assignee) => assignee?.name ?? null, textTest(comparator)),
      type: (type) => (assignee) => assignee?.type === type,
    }),
  );
}
