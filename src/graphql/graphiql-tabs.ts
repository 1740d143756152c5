/** The operations that GraphiQL opens with: what a newcomer wants to see first, ready to run. */
export const graphiQLTabs: readonly { readonly query: string; readonly variables?: string }[] = [
  {
    query: `# What is open now, newest first. \`feed.cursor\` is where this list stands in the log:
# subscribe after it (the third tab) and nothing is missed.
query OpenIssues {
  feed {
    cursor
  }
  issues(
    first: 20
    filter: { status: { eq: UNRESOLVED }, level: { in: [ERROR, FATAL] }, lastSeen: { gt: "-P30D" } }
    orderBy: { field: LAST_SEEN, direction: DESC }
  ) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      id
      shortId
      title
      level
      priority
      status
      substatus
      statusSince
      count
      lastSeen
      project {
        slug
      }
      assignee {
        __typename
        ... on User {
          name
        }
        ... on Team {
          name
        }
      }
    }
  }
}
`,
  },
  {
    query: `# One issue with its whole history: what happened, who did it, and how long it stayed in each state.
# Put a shortId of yours into the variables.
query IssueHistory($shortId: String!) {
  issue(shortId: $shortId) {
    title
    status
    substatus
    statusSince
    statusSpans {
      state {
        status
        substatus
      }
      startedAt
      endedAt
      seconds
    }
    events(last: 50) {
      nodes {
        occurredAt
        action
        source
        isLate
        actor {
          type
          name
        }
        transition {
          kind
          from {
            status
            substatus
          }
          to {
            status
            substatus
          }
          secondsInPreviousState
        }
      }
    }
  }
}
`,
    variables: `{
  "shortId": "CHECKOUT-1"
}
`,
  },
  {
    query: `# Live: what a list of open issues must do, as it happens. Press play and send a webhook
# (npm run simulate). With \`after\` it first replays what followed that cursor.
subscription OpenIssuesLive($after: Cursor) {
  issueChanged(filter: { status: { eq: UNRESOLVED } }, after: $after) {
    cursor
    kind
    leftId
    issue {
      id
      shortId
      title
      status
      substatus
      lastSeen
    }
    event {
      action
      source
      occurredAt
    }
  }
}
`,
  },
  {
    query: `# Live: regressions and escalations, with who or what caused them.
subscription Alarms($after: Cursor) {
  statusTransitioned(filter: { kind: [REGRESSED, ESCALATED] }, after: $after) {
    cursor
    transition {
      kind
      occurredAt
      secondsInPreviousState
      actor {
        type
        name
      }
      issue {
        shortId
        title
        level
        project {
          slug
        }
        webUrl
      }
    }
  }
}
`,
  },
];
