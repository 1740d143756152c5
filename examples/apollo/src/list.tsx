import type { Issue } from "./operations.ts";

/** The open issues, and how the stream stands. */
export function List({ state, issues }: { readonly state: string; readonly issues: readonly Issue[] }) {
  return (
    <main>
      <h1>Open issues</h1>
      <p id="state" role="status">
        {state}
      </p>
      <ul>
        {issues.map((issue) => (
          <li key={issue.id} data-issue={issue.sentryId}>
            {issue.shortId}: {issue.title} ({issue.substatus ?? "UNRESOLVED"}, {issue.count} events)
          </li>
        ))}
      </ul>
    </main>
  );
}
