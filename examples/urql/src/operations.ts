import { graphql, type ResultOf } from "./graphql.ts";

/** The list, and the position of the log that it shows: one request, so that nothing can happen in between. */
export const openIssues = graphql(`
  query OpenIssues {
    feed {
      cursor
    }
    issues(first: 50, filter: { status: { eq: UNRESOLVED } }) {
      nodes {
        id
        sentryId
        shortId
        title
        substatus
        count
      }
    }
  }
`);

/** What changes in the list after that position. */
export const openIssuesChanged = graphql(`
  subscription OpenIssuesChanged($after: Cursor) {
    issueChanged(filter: { status: { eq: UNRESOLVED } }, after: $after) {
      cursor
      kind
      leftId
      issue {
        id
        sentryId
        shortId
        title
        substatus
        count
      }
    }
  }
`);

export type Change = ResultOf<typeof openIssuesChanged>["issueChanged"];
export type Issue = Change["issue"];
