import type { Operation } from "../ask.ts";
import { listed, type IssueFilter, type ListedIssue } from "./shapes.ts";

export type IssueOrderField =
  "LAST_SEEN" | "FIRST_SEEN" | "STATUS_SINCE" | "COUNT" | "USER_COUNT" | "PRIORITY";
export type IssueOrder = { readonly field: IssueOrderField; readonly direction: "ASC" | "DESC" };

export type IssuePage = {
  readonly feed: { readonly cursor: string };
  readonly issues: {
    readonly totalCount: number;
    readonly edges: readonly { readonly cursor: string; readonly node: ListedIssue }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
  };
};

/** A page of issues, and the position of the log that it shows. */
export const issuePage: Operation<
  IssuePage,
  {
    readonly filter: IssueFilter;
    readonly orderBy: IssueOrder;
    readonly first?: number;
    readonly after?: string;
    readonly last?: number;
    readonly before?: string;
  }
> = {
  text: /* GraphQL */ `
    query IssuePage(
      $filter: IssueFilter
      $orderBy: IssueOrder
      $first: Int
      $after: String
      $last: Int
      $before: String
    ) {
      feed {
        cursor
      }
      issues(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount
        edges {
          cursor
          node {
            ...Listed
          }
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
        }
      }
    }
    ${listed}
  `,
};

export type IssueChange = {
  readonly cursor: string;
  readonly kind: "ENTERED" | "UPDATED" | "LEFT";
  readonly issue: ListedIssue;
};

export const issueChanged: Operation<
  { readonly issueChanged: IssueChange },
  { readonly filter: IssueFilter; readonly after?: string | null }
> = {
  text: /* GraphQL */ `
    subscription IssueChanged($filter: IssueFilter, $after: Cursor) {
      issueChanged(filter: $filter, after: $after) {
        cursor
        kind
        issue {
          ...Listed
        }
      }
    }
    ${listed}
  `,
};

/** Whether there is any issue. `refusedSinceStart` is null for a reader who may not see all of them. */
export const anyIssue: Operation<
  {
    readonly feed: { readonly refusedSinceStart: number | null };
    readonly issues: { readonly nodes: readonly { readonly id: string }[] };
  },
  object
> = {
  text: /* GraphQL */ `
    query AnyIssue {
      feed {
        refusedSinceStart
      }
      issues(first: 1) {
        nodes {
          id
        }
      }
    }
  `,
};
