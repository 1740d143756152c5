import type { Operation } from "../ask.ts";
import { whom, type Assignee, type IssueFilter, type Project } from "./shapes.ts";

/** A page of the projects to filter by. */
export const projectChoices: Operation<
  {
    readonly projects: {
      readonly nodes: readonly Project[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  },
  { readonly after: string | null }
> = {
  text: /* GraphQL */ `
    query ProjectChoices($after: String) {
      projects(first: 100, after: $after) {
        nodes {
          sentryId
          slug
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
};

/** The project that has a slug, and the project of an issue that shows it, for a slug that no project has any more. */
export const projectOfSlug: Operation<
  {
    readonly project: Pick<Project, "sentryId"> | null;
    readonly issues: {
      readonly nodes: readonly { readonly project: Pick<Project, "sentryId"> | null }[];
    };
  },
  { readonly slug: string }
> = {
  text: /* GraphQL */ `
    query ProjectOfSlug($slug: String!) {
      project(slug: $slug) {
        sentryId
      }
      issues(first: 1, filter: { project: { slug: { eq: $slug } } }) {
        nodes {
          project {
            sentryId
          }
        }
      }
    }
  `,
};

/** The assignees to filter by. */
export const assigneeChoices: Operation<
  { readonly issueStats: { readonly byAssignee: readonly { readonly assignee: Assignee | null }[] } },
  object
> = {
  text: /* GraphQL */ `
    query AssigneeChoices {
      issueStats {
        byAssignee(first: 50) {
          assignee ${whom}
        }
      }
    }
  `,
};

/** One issue of an assignee, for the assignee's name. */
export const assigneeNamed: Operation<
  { readonly issues: { readonly nodes: readonly { readonly assignee: Assignee | null }[] } },
  { readonly assignee: IssueFilter }
> = {
  text: /* GraphQL */ `
    query AssigneeNamed($assignee: AssigneeFilter!) {
      issues(first: 1, filter: { assignee: $assignee }) {
        nodes {
          assignee ${whom}
        }
      }
    }
  `,
};
