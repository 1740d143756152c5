import { createRoot } from "react-dom/client";
import { Provider } from "urql";
import { client } from "./client.ts";
import { List } from "./list.tsx";
import { useOpenIssues } from "./use-open-issues.ts";

function App() {
  return <List {...useOpenIssues()} />;
}

createRoot(document.getElementById("root")!).render(
  <Provider value={client}>
    <App />
  </Provider>,
);
