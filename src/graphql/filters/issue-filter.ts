import type { IssueFilter } from "../../domain/filter.ts";
import { builder } from "../builder.ts";
import {
  BooleanComparatorType,
  DateComparatorType,
  IDComparatorType,
  IssueLevelComparatorType,
  IssuePriorityComparatorType,
  IssueStatusComparatorType,
  IssueSubstatusComparatorType,
  NumberComparatorType,
  StringComparatorType,
} from "./comparators.ts";
import type { InputOf } from "./filter-input.ts";
import { AssigneeTypeType } from "../types/issue-enums.ts";

const ProjectFilterType = builder.inputType("ProjectFilter", {
  description: "Compares an issue's project. Fields are joined by AND.",
  fields: (t) => ({
    sentryId: t.field({ type: IDComparatorType, description: "Sentry's id of the project." }),
    slug: t.field({
      type: StringComparatorType,
      description:
        "The project's slug as the newest webhook about the issue shows it: after a rename, the old one until there is " +
        "another webhook about the issue. To get all issues of a project, filter by `sentryId`, which does not change.",
    }),
  }),
});

const AssigneeFilterType = builder.inputType("AssigneeFilter", {
  description:
    "Compares an issue's assignee. Fields are joined by AND. For an unassigned issue every field is null.",
  fields: (t) => ({
    null: t.boolean({ description: "`true`: unassigned. `false`: assigned." }),
    sentryId: t.field({ type: IDComparatorType, description: "Sentry's id of the user or team." }),
    email: t.field({
      type: StringComparatorType,
      description: "The user's e-mail address; teams have none.",
    }),
    name: t.field({ type: StringComparatorType, description: "The user's or team's name." }),
    type: t.field({ type: AssigneeTypeType, description: "A user or a team." }),
  }),
});

export const IssueFilterType = builder.inputRef<InputOf<IssueFilter>, false>("IssueFilter");

IssueFilterType.implement({
  description:
    "Selects issues. Fields are joined by AND; `{}` matches every issue. A filter means the same in " +
    "queries, subscriptions and statistics. It may nest 8 deep, make 2,000 comparisons, and have 1,000 " +
    "values in a list: BAD_USER_INPUT beyond.",
  fields: (t) => ({
    and: t.field({ type: [IssueFilterType], description: "All of these; an empty list matches everything." }),
    or: t.field({
      type: [IssueFilterType],
      description: "At least one of these; an empty list matches nothing.",
    }),
    not: t.field({ type: IssueFilterType, description: "Everything that this does not match." }),
    sentryId: t.field({ type: IDComparatorType, description: "Sentry's id of the issue." }),
    shortId: t.field({ type: StringComparatorType, description: "The short id, like `CHECKOUT-1A2`." }),
    search: t.string({ description: "Contained in title, culprit or shortId, ignoring case." }),
    title: t.field({ type: StringComparatorType, description: "The title." }),
    culprit: t.field({ type: StringComparatorType, description: "The culprit." }),
    status: t.field({ type: IssueStatusComparatorType, description: "The status." }),
    substatus: t.field({ type: IssueSubstatusComparatorType, description: "The substatus." }),
    statusSince: t.field({ type: DateComparatorType, description: "When status and substatus began." }),
    level: t.field({ type: IssueLevelComparatorType, description: "The level." }),
    priority: t.field({ type: IssuePriorityComparatorType, description: "The priority." }),
    category: t.field({ type: StringComparatorType, description: "Sentry's category of issues." }),
    issueType: t.field({ type: StringComparatorType, description: "Sentry's type of issues." }),
    platform: t.field({ type: StringComparatorType, description: "The platform." }),
    project: t.field({ type: ProjectFilterType, description: "The project." }),
    assignee: t.field({ type: AssigneeFilterType, description: "The assignee." }),
    isUnhandled: t.field({ type: BooleanComparatorType, description: "Whether it was unhandled." }),
    count: t.field({ type: NumberComparatorType, description: "The number of Sentry events." }),
    userCount: t.field({ type: NumberComparatorType, description: "The number of users affected." }),
    firstSeen: t.field({ type: DateComparatorType, description: "When it was first seen." }),
    lastSeen: t.field({ type: DateComparatorType, description: "When it was last seen." }),
  }),
});
