import { nodeId } from "../../domain/node-id.ts";
import { maySeePrivate } from "../../domain/viewer.ts";
import type { Assignee } from "../../domain/issue.ts";
import { builder, NodeType } from "../builder.ts";

const known =
  "Known only from issues: `Query.node` finds it only while an issue is assigned to it. Its fields come from the most " +
  "recently seen of those issues.";

const UserType = builder.objectRef<Assignee>("User").implement({
  description: `A person to whom issues are assigned. ${known}`,
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The user's global id.",
      resolve: ({ sentryId }) => nodeId("User", sentryId),
    }),
    sentryId: t.exposeString("sentryId", {
      description: "Sentry's id; if Sentry sent the assignment as plain text, that text.",
    }),
    name: t.exposeString("name", {
      description: "The name; if Sentry sent the assignment as plain text, that text.",
    }),
    email: t.string({
      nullable: true,
      description: "The e-mail address; null when not sent, and for an anonymous reader.",
      resolve: ({ email }, _args, { viewer }) => (maySeePrivate(viewer) ? email : null),
    }),
  }),
});

const TeamType = builder.objectRef<Assignee>("Team").implement({
  description: `A team to which issues are assigned. ${known}`,
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The team's global id.",
      resolve: ({ sentryId }) => nodeId("Team", sentryId),
    }),
    sentryId: t.exposeString("sentryId", { description: "Sentry's id." }),
    name: t.exposeString("name", { description: "The team's name, usually its slug." }),
  }),
});

export const AssigneeType = builder.unionType("Assignee", {
  description: "To whom an issue is assigned.",
  types: [UserType, TeamType],
  resolveType: ({ type }) => (type === "USER" ? UserType : TeamType),
});
