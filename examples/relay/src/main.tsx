import { Suspense } from "react";
import { createRoot } from "react-dom/client";
import { RelayEnvironmentProvider, useLazyLoadQuery } from "react-relay";
import type { operationsOpenIssuesQuery } from "./__generated__/operationsOpenIssuesQuery.graphql.ts";
import { environment } from "./environment.ts";
import { openIssues } from "./operations.ts";
import { useOpenIssues } from "./use-open-issues.ts";

function App() {
  const { state, isRead } = useOpenIssues();
  return (
    <main>
      <h1>Open issues</h1>
      <p id="state" role="status">
        {state}
      </p>
      {isRead && <List />}
    </main>
  );
}

/** What the store holds; it renders again when that changes. */
function List() {
  const { issues } = useLazyLoadQuery<operationsOpenIssuesQuery>(
    openIssues,
    {},
    { fetchPolicy: "store-only" },
  );
  return (
    <ul>
      {issues.edges.map(({ node }) => (
        <li key={node.id} data-issue={node.sentryId}>
          {node.shortId}: {node.title} ({node.substatus ?? "UNRESOLVED"}, {node.count} events)
        </li>
      ))}
    </ul>
  );
}

createRoot(document.getElementById("root")!).render(
  <RelayEnvironmentProvider environment={environment}>
    <Suspense fallback="Loading">
      <App />
    </Suspense>
  </RelayEnvironmentProvider>,
);
