import type { TransitionFilter } from "../../domain/filter.ts";
import { builder } from "../builder.ts";
import {
  DateComparatorType,
  IssueStatusComparatorType,
  IssueSubstatusComparatorType,
} from "./comparators.ts";
import { EventSourceType, TransitionKindType } from "../types/event-enums.ts";
import type { InputOf } from "./filter-input.ts";
import { ActorTypeType } from "../types/issue-enums.ts";
import { IssueFilterType } from "./issue-filter.ts";

export const TransitionFilterType = builder.inputRef<InputOf<TransitionFilter>, false>("TransitionFilter");

TransitionFilterType.implement({
  description:
    "Selects changes of status. Fields are joined by AND; `{}` matches every one. It may nest 8 deep, " +
    "`issue` included, make 2,000 comparisons, and have 1,000 values in a list: BAD_USER_INPUT beyond.",
  fields: (t) => ({
    and: t.field({
      type: [TransitionFilterType],
      description: "All of these; an empty list matches everything.",
    }),
    or: t.field({
      type: [TransitionFilterType],
      description: "At least one of these; an empty list matches nothing.",
    }),
    not: t.field({ type: TransitionFilterType, description: "Everything that this does not match." }),
    issue: t.field({
      type: IssueFilterType,
      description: "The issue: in a query as it is now, in a subscription as known at that entry of the log.",
    }),
    kind: t.field({
      type: [TransitionKindType],
      description: "One of these kinds; an empty list matches nothing.",
    }),
    source: t.field({
      type: [EventSourceType],
      description: "Known in one of these ways; an empty list matches nothing.",
    }),
    fromStatus: t.field({
      type: IssueStatusComparatorType,
      description: "The status changed from; null where the gateway first heard of the issue.",
    }),
    toStatus: t.field({ type: IssueStatusComparatorType, description: "The status changed to." }),
    toSubstatus: t.field({ type: IssueSubstatusComparatorType, description: "The substatus changed to." }),
    occurredAt: t.field({ type: DateComparatorType, description: "When it happened, as far as is known." }),
    actorType: t.field({
      type: [ActorTypeType],
      description:
        "Done by one of these; a change without an actor never matches. An empty list matches nothing.",
    }),
  }),
});
