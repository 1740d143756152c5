import type { Assignee, IssueStatus, IssueSubstatus } from "../../domain/issue.ts";
import type { Count } from "../../domain/statistics.ts";
import { AssigneeType } from "./assignee.ts";
import { builder } from "../builder.ts";
import { largestPage } from "../paging/connection.ts";
import { errorOf } from "../errors.ts";
import { IssueStatusType, IssueSubstatusType } from "./issue-enums.ts";
import { ProjectType } from "./refs.ts";

const countField = { description: "How many of the issues have it: at least one." };

export const StatusCountType = builder.objectRef<Count<IssueStatus>>("StatusCount").implement({
  description: "How many issues have a status.",
  fields: (t) => ({
    status: t.expose("key", { type: IssueStatusType, description: "The status." }),
    count: t.exposeInt("count", countField),
  }),
});

export const SubstatusCountType = builder
  .objectRef<Count<IssueSubstatus | null>>("SubstatusCount")
  .implement({
    description: "How many issues have a substatus.",
    fields: (t) => ({
      substatus: t.expose("key", {
        type: IssueSubstatusType,
        nullable: true,
        description: "The substatus; null for issues that have none, or whose is not known.",
      }),
      count: t.exposeInt("count", countField),
    }),
  });

export const KeyCountType = builder.objectRef<Count<string | null>>("KeyCount").implement({
  description: "How many issues have a value.",
  fields: (t) => ({
    key: t.exposeString("key", {
      nullable: true,
      description: "The value, as `IssueFilter` takes it; null for issues that have none.",
    }),
    count: t.exposeInt("count", countField),
  }),
});

export const ProjectCountType = builder.objectRef<Count<string>>("ProjectCount").implement({
  description: "How many issues a project has.",
  fields: (t) => ({
    project: t.field({
      type: ProjectType,
      description: "The project.",
      resolve: ({ key }, _args, { loaders }) => loaders.countedProject(key),
    }),
    count: t.exposeInt("count", countField),
  }),
});

export const AssigneeCountType = builder.objectRef<Count<Assignee | null>>("AssigneeCount").implement({
  description: "How many issues are assigned to one user or team, or to nobody.",
  fields: (t) => ({
    assignee: t.expose("key", {
      type: AssigneeType,
      nullable: true,
      description:
        "The assignee, as shown by the most recently seen of these issues; null for unassigned ones.",
    }),
    count: t.exposeInt("count", countField),
  }),
});

/** How many groups a ranking shows by default. */
export const defaultGroups = 20;

/**
 * The number of groups that `first` asks for.
 * @throws GraphQLError BAD_USER_INPUT if it is not from 0 to 100.
 */
export function groupsIn(first: number | null | undefined): number {
  const groups = first ?? defaultGroups;
  if (groups < 0 || groups > largestPage) {
    throw errorOf("BAD_USER_INPUT", `\`first\` must be from 0 to ${largestPage}.`);
  }
  return groups;
}
