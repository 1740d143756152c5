import { graphql } from "relay-runtime";

/** The list, and the position of the log that it shows: one request, so that nothing can happen in between. */
export const openIssues = graphql`
  query operationsOpenIssuesQuery {
    feed {
      cursor
    }
    issues(first: 50, filter: { status: { eq: UNRESOLVED } })
      @connection(key: "operations_issues", filters: []) {
      __id
      edges {
        node {
          id
          sentryId
          shortId
          title
          substatus
          count
        }
      }
    }
  }
`;

/** What changes in the list after that position. Relay applies it by these directives. */
export const openIssuesChanged = graphql`
  subscription operationsOpenIssuesChangedSubscription($after: Cursor, $connections: [ID!]!) {
    issueChanged(filter: { status: { eq: UNRESOLVED } }, after: $after) {
      cursor
      leftId @deleteEdge(connections: $connections)
      edge @prependEdge(connections: $connections) {
        cursor
        node {
          id
        }
      }
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
`;
