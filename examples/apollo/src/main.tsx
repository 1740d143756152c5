import { ApolloProvider } from "@apollo/client/react";
import { createRoot } from "react-dom/client";
import { client } from "./client.ts";
import { List } from "./list.tsx";
import { useOpenIssues } from "./use-open-issues.ts";

function App() {
  return <List {...useOpenIssues()} />;
}

createRoot(document.getElementById("root")!).render(
  <ApolloProvider client={client}>
    <App />
  </ApolloProvider>,
);
