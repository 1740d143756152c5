import { priorityRankOf, type Issue } from "../../domain/issue.ts";
import type { IssueKey, IssueOrder, IssueOrderField } from "../../store/reader.ts";
import { builder } from "../builder.ts";
import type { Described } from "../types/issue-enums.ts";
import { OrderDirectionType } from "./order-direction.ts";
import type { PagedList } from "./page-cursor.ts";

const IssueOrderFieldType = builder.enumType("IssueOrderField", {
  description: "What a list of issues can be ordered by. Sentry's id breaks ties.",
  values: {
    LAST_SEEN: { description: "`lastSeen`." },
    FIRST_SEEN: { description: "`firstSeen`." },
    STATUS_SINCE: { description: "`statusSince`." },
    COUNT: { description: "`count`." },
    USER_COUNT: { description: "`userCount`." },
    PRIORITY: { description: "`priority`: LOW, MEDIUM, HIGH." },
  } satisfies Described<IssueOrderField>,
});

export const IssueOrderType = builder.inputType("IssueOrder", {
  description: "The order of a list of issues.",
  fields: (t) => ({
    field: t.field({ type: IssueOrderFieldType, required: true, description: "What to order by." }),
    direction: t.field({ type: OrderDirectionType, required: true, description: "Which end comes first." }),
  }),
});

export const defaultIssueOrder: IssueOrder = { field: "LAST_SEEN", direction: "DESC" };

/** The list of all issues, or of one project's, in this order. */
export function issuesBy({ field }: IssueOrder, project: string | null = null): PagedList<Issue, IssueKey> {
  return {
    name: project === null ? `issues by ${field}` : `issues of ${project} by ${field}`,
    keyOf: (issue) => ({ value: orderedValue(issue, field), sentryId: issue.sentryId }),
    toJson: ({ value, sentryId }) => [value, sentryId],
    fromJson: ([value, sentryId]) =>
      (value === null || Number.isSafeInteger(value)) && typeof sentryId === "string"
        ? { value: value as number | null, sentryId }
        : null,
  };
}

function orderedValue({ fields, statusSince }: Issue, field: IssueOrderField): number | null {
  switch (field) {
    case "LAST_SEEN":
      return fields.lastSeen;
    case "FIRST_SEEN":
      return fields.firstSeen;
    case "STATUS_SINCE":
      return statusSince;
    case "COUNT":
      return fields.count;
    case "USER_COUNT":
      return fields.userCount;
    case "PRIORITY":
      return priorityRankOf(fields.priorityRaw);
  }
}
