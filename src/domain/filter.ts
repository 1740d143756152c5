import type { ActorType, IssueLevel, IssuePriority, IssueStatus, IssueSubstatus } from "./issue.ts";
import type { EventSource, TransitionKind } from "./event.ts";

/**
 * The one filter vocabulary of queries, subscriptions and statistics, as data.
 *
 * An absent operator was not given; the edge removes operators given as null. All operators of a comparator and all
 * fields of a filter must hold. There are two truth values, never three: a null satisfies `neq`, `nin` and `null:
 * true`, and nothing else, and `not` is exact negation.
 */
export type Comparator<Value> = {
  readonly eq?: Value;
  readonly neq?: Value;
  readonly in?: readonly Value[];
  readonly nin?: readonly Value[];
  readonly null?: boolean;
};
export type StringComparator = Comparator<string> & {
  readonly contains?: string;
  readonly startsWith?: string;
};
export type OrderedComparator = {
  readonly eq?: number;
  readonly neq?: number;
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
  readonly null?: boolean;
};
/** A fixed time (epoch milliseconds), or one relative to now: so many calendar months and milliseconds from it. */
export type Moment =
  { readonly at: number } | { readonly fromNow: { readonly months: number; readonly milliseconds: number } };
export type DateComparator = {
  readonly gt?: Moment;
  readonly gte?: Moment;
  readonly lt?: Moment;
  readonly lte?: Moment;
  readonly null?: boolean;
};

export type IssueFilter = {
  readonly and?: readonly IssueFilter[];
  readonly or?: readonly IssueFilter[];
  readonly not?: IssueFilter;
  readonly sentryId?: Comparator<string>;
  readonly shortId?: StringComparator;
  readonly search?: string;
  readonly title?: StringComparator;
  readonly culprit?: StringComparator;
  readonly status?: Comparator<IssueStatus>;
  readonly substatus?: Comparator<IssueSubstatus>;
  readonly statusSince?: DateComparator;
  readonly level?: Comparator<IssueLevel>;
  readonly priority?: Comparator<IssuePriority>;
  readonly category?: StringComparator;
  readonly issueType?: StringComparator;
  readonly platform?: StringComparator;
  readonly project?: { readonly sentryId?: Comparator<string>; readonly slug?: StringComparator };
  readonly assignee?: {
    readonly null?: boolean;
    readonly sentryId?: Comparator<string>;
    readonly email?: StringComparator;
    readonly name?: StringComparator;
    readonly type?: "USER" | "TEAM";
  };
  readonly isUnhandled?: { readonly eq?: boolean; readonly null?: boolean };
  readonly count?: OrderedComparator;
  readonly userCount?: OrderedComparator;
  readonly firstSeen?: DateComparator;
  readonly lastSeen?: DateComparator;
};

export type TransitionFilter = {
  readonly and?: readonly TransitionFilter[];
  readonly or?: readonly TransitionFilter[];
  readonly not?: TransitionFilter;
  readonly issue?: IssueFilter;
  readonly kind?: readonly TransitionKind[];
  readonly source?: readonly EventSource[];
  readonly fromStatus?: Comparator<IssueStatus>;
  readonly toStatus?: Comparator<IssueStatus>;
  readonly toSubstatus?: Comparator<IssueSubstatus>;
  readonly occurredAt?: DateComparator;
  readonly actorType?: readonly ActorType[];
};
