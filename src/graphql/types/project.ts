import type { IssueFilter } from "../../domain/filter.ts";
import type { Project } from "../../domain/issue.ts";
import { nodeId } from "../../domain/node-id.ts";
import { builder, NodeType } from "../builder.ts";
import { connect, connectionTypes } from "../paging/connection.ts";
import { filterOf } from "../filters/filter-input.ts";
import { IssueConnectionType, issueListArgs } from "./issue.ts";
import { defaultIssueOrder, issuesBy } from "../paging/issue-order.ts";
import type { PagedList } from "../paging/page-cursor.ts";
import { ProjectType } from "./refs.ts";

ProjectType.implement({
  description: "A Sentry project. The gateway knows those that a delivery has named.",
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The project's global id.",
      resolve: ({ sentryId }) => nodeId("Project", sentryId),
    }),
    sentryId: t.exposeString("sentryId", { description: "Sentry's own numeric id, as a string." }),
    slug: t.exposeString("slug", {
      description: "The slug. A project's slug can change, and another project can then take it.",
    }),
    name: t.exposeString("name", { description: "The name." }),
    platform: t.exposeString("platform", {
      nullable: true,
      description: "The platform: python, javascript, … An open set.",
    }),
    issues: t.field({
      type: IssueConnectionType,
      description: "The project's issues that match, in the order asked for.",
      args: { ...t.arg.connectionArgs(), ...issueListArgs },
      resolve: ({ sentryId }, { filter, orderBy, ...args }, { loaders, now }) => {
        const matching = { filter: filterOf<IssueFilter>(filter), now };
        const order = orderBy ?? defaultIssueOrder;
        return connect(args, issuesBy(order, sentryId), {
          page: (request) => loaders.issuePageOf(sentryId, { ...request, ...matching, order }),
          count: () => loaders.issueCountOf(sentryId, matching),
        });
      },
    }),
  }),
});

const { ConnectionType: ProjectConnectionType } = connectionTypes("Project", ProjectType, "projects");

const allProjects: PagedList<Project, readonly [slug: string, sentryId: string]> = {
  name: "projects",
  keyOf: ({ slug, sentryId }) => [slug, sentryId],
  toJson: (key) => key,
  fromJson: ([slug, sentryId]) =>
    typeof slug === "string" && typeof sentryId === "string" ? [slug, sentryId] : null,
};

builder.queryField("project", (t) =>
  t.field({
    type: ProjectType,
    nullable: true,
    description:
      "The project with this slug, or the one heard of last if several had it; null when there is none.",
    args: { slug: t.arg.string({ required: true, description: "The slug, exactly." }) },
    resolve: (_root, { slug }, { reader }) => reader.projectBySlug(slug),
  }),
);

builder.queryField("projects", (t) =>
  t.field({
    type: ProjectConnectionType,
    description: "The projects that the gateway knows, by slug.",
    args: t.arg.connectionArgs(),
    resolve: (_root, args, { reader }) =>
      connect(args, allProjects, {
        page: (request) => reader.projectPage(request),
        count: () => reader.projectCount(),
      }),
  }),
);
