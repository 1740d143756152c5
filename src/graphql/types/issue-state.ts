import { issueStatusOf, issueSubstatusOf, type State } from "../../domain/issue.ts";
import { builder } from "../builder.ts";
import { IssueStatusType, IssueSubstatusType } from "./issue-enums.ts";

export const IssueStateType = builder.objectRef<State>("IssueState").implement({
  description: "A status with its substatus.",
  fields: (t) => ({
    status: t.field({
      type: IssueStatusType,
      description: "The status.",
      resolve: ({ status }) => issueStatusOf(status),
    }),
    statusRaw: t.exposeString("status", { description: "The status as Sentry sent it." }),
    substatus: t.field({
      type: IssueSubstatusType,
      nullable: true,
      description: "The substatus; null when there is none, and when it is not known.",
      resolve: ({ substatus }) => issueSubstatusOf(substatus),
    }),
    substatusRaw: t.exposeString("substatus", {
      nullable: true,
      description: "The substatus as Sentry sent it; null when there is none, and when it is not known.",
    }),
  }),
});
