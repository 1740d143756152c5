import { howToRun } from "../program/how-to-run.ts";

/**
 * The operations that GraphiQL opens with: what a newcomer wants to see first, ready to run. Its editor shows some 48
 * characters of a line in a window of 1280 pixels.
 */
export const graphiQLTabs: readonly { readonly query: string; readonly variables?: string }[] = [
  {
    query: `# What is open now, most recently seen first.
# \`feed.cursor\` is its position in the log:
# subscribe after it (tab 4) and miss nothing.
# If a token is asked for: sign in at /, or put
# { "Authorization": "Bearer iw_…" }
# into Headers below.
query OpenIssues {
  feed {
    cursor
  }
  issues(
    first: 20
    filter: { status: { eq: UNRESOLVED }, level: { in: [ERROR, FATAL] } }
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
    query: `# One issue with its whole history: what
# happened, who did it, and how long each state
# lasted. By default the one whose status
# changed last; for another, in Variables:
# {"filter": {"shortId": {"eq": "WEB-1A2"}}}
query IssueHistory($filter: IssueFilter) {
  issues(first: 1, filter: $filter, orderBy: { field: STATUS_SINCE, direction: DESC }) {
    nodes {
      shortId
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
          occurredAfter
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
}
`,
    variables: `{
  "filter": {}
}
`,
  },
  {
    query: `# Statistics for the last 30 days. The
# subscription \`issueStatsChanged\` sends them
# again whenever they change.
query Statistics($filter: IssueFilter) {
  issueStats(filter: $filter, period: { from: "-P30D" }) {
    total
    byStatus {
      status
      count
    }
    byProject(first: 5) {
      project {
        slug
      }
      count
    }
    flow(interval: DAY, timeZone: "UTC") {
      start
      opened
      resolved
      regressed
      openAtEnd
    }
    timeToResolve {
      n
      p50Seconds
      p90Seconds
    }
    timeToTriage {
      n
      p50Seconds
    }
    reopenRate
    inferredShare
  }
}
`,
    variables: `{
  "filter": { "level": { "in": ["ERROR", "FATAL"] } }
}
`,
  },
  {
    query: `# Live: what a list of open issues must do.
# Press play, and send webhooks:
#   ${howToRun("simulate")}
# Events are listed, the newest first. With
# \`after\` it first replays what came after it.
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
    query: `# Live: regressions and escalations, with who
# or what caused them.
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
