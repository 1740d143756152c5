import "./language.ts";
import { render } from "preact";
import { App } from "./app.ts";
import { createConnection } from "./connection.ts";
import { html } from "./html.ts";
import { createIssueList } from "./issue-list.ts";
import { createNavigation } from "./place.ts";
import { watchSession } from "./session.ts";
import { goOnToWhatWasAskedFor } from "./stand-in.ts";
import { applyTheme, chosenTheme } from "./theme.ts";

applyTheme(chosenTheme());
// What is shown was read by the session before.
watchSession(() => location.reload());
if (!(await goOnToWhatWasAskedFor())) {
  const connection = createConnection();
  const list = createIssueList(connection);
  render(
    html`<${App} navigation=${createNavigation()} connection=${connection} list=${list} />`,
    document.body,
  );
}
