import type { TransitionFilter } from "../domain/filter.ts";
import { builder } from "./builder.ts";
import {
  DateComparatorType,
  IssueStatusComparatorType,
  IssueSubstatusComparatorType,
} from "./comparators.ts";
import { EventSourceType, TransitionKindType } from "./event-enums.ts";
import type { InputOf } from "./filter-input.ts";
import { ActorTypeType } from "./issue-enums.ts";
import { IssueFilterType } from "./issue-filter.ts";

export const TransitionFilterType = builder.inputRef<InputOf<TransitionFilter>, false>("TransitionFilter");

TransitionFilterType.implement({
  description:
    "Which changes of status. Fields are joined by AND; `{}` matches every one. It nests at most 8 deep, `issue` " +
    "included, makes at most 2,000 comparisons, and a list in it holds at most 1,000 values: BAD_USER_INPUT beyond.",
  fields: (t) => ({
    and: t.field({
      type: [TransitionFilterType],
      description: "All of these; an empty list matches everything.",
    }),
    or: t.field({
      type: [TransitionFilterType],
      description: "One of these at least; an empty list matches nothing.",
    }),
    not: t.field({ type: TransitionFilterType, description: "Exactly what this does not match." }),
    issue: t.field({
      type: IssueFilterType,
      description:
        "The issue: in a query as it is now, in a subscription as the gateway knew it at that entry.",
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
      description: "The status left; null where the gateway first heard of the issue.",
    }),
    toStatus: t.field({ type: IssueStatusComparatorType, description: "The status entered." }),
    toSubstatus: t.field({ type: IssueSubstatusComparatorType, description: "The substatus entered." }),
    occurredAt: t.field({ type: DateComparatorType, description: "When it happened, as far as is known." }),
    actorType: t.field({
      type: [ActorTypeType],
      description:
        "Done by one of these; a change without an actor is done by none. An empty list matches nothing.",
    }),
  }),
});
