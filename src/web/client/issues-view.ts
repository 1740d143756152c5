import { useEffect, useState } from "preact/hooks";
import { ask } from "./ask.ts";
import { useCell } from "./cell.ts";
import { FilterBar } from "./filter-bar.ts";
import { focusHeading, issueLinks, useLostFocus } from "./focus.ts";
import { html } from "./html.ts";
import type { IssueList, IssueListState, Row } from "./issue-list.ts";
import { Link } from "./link.ts";
import { Notice } from "./notice.ts";
import { anyIssue, type IssueOrder, type IssueOrderField } from "./operations/issue-list.ts";
import { filterOf, isNarrowed, statusChoices, unnarrowed, type Navigation, type Place } from "./place.ts";
import { Skeleton } from "./skeleton.ts";
import { StateBadge } from "./state-badge.ts";
import { Ago, Lasting } from "./time.ts";
import { titleText } from "./title-text.ts";
import { asOfWebhook, assigneeText, countText, levelText, sentence, shortCountText } from "./words.ts";

/** The board: a page of issues that updates live. */
export function IssuesView({
  navigation,
  place,
  list,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly list: IssueList;
}) {
  const state = useCell(list.state);
  const { order, page } = place;
  const filter = filterOf(place);
  useEffect(() => {
    list.show({ filter, order, page });
  }, [JSON.stringify([filter, order, page])]);
  useEffect(() => () => list.rest(), [list]);

  const { at } = issueLinks();
  useLostFocus(() => {
    if (at < 0) return;
    // The focused row has left; the focus goes to the row in its place.
    const { links } = issueLinks();
    const link = links[Math.min(at, links.length - 1)];
    if (link === undefined) focusHeading();
    else link.focus();
  });

  const turn = (page: Place["page"]) => {
    navigation.go({ page });
    window.scrollTo({ top: 0 });
    focusHeading();
  };
  const turnTo = (is: "after" | "before", cursor: string | null) => cursor !== null && turn({ is, cursor });

  return html`<section aria-labelledby="heading">
    <h1 id="heading" tabindex="-1" class="visually-hidden">Issues</h1>
    <${FilterBar} navigation=${navigation} place=${place}>
      <${StatusTabs} navigation=${navigation} place=${place} />
    <//>
    <div class="list-head">
      <p class=${`total ${state.isLoading ? "loading" : ""}`}>
        ${state.rows !== null && html`<strong>${countText(state.total)}</strong> ${state.total === 1 ? "issue" : "issues"}`}
      </p>
      <${ChangeNote} told=${state.told} />
      <${OrderSelect} navigation=${navigation} order=${order} />
    </div>
    <${Body} state=${state} navigation=${navigation} place=${place} />
    ${
      (state.hasPrevious || state.hasNext) &&
      html`<nav class="pages" aria-label="Pages">
        <button
          type="button"
          disabled=${list.previousCursor() === null}
          onClick=${() => turnTo("before", list.previousCursor())}
        >
          ← Back
        </button>
        ${state.hasPrevious && html`<button type="button" class="quiet" onClick=${() => turn(null)}>First page</button>`}
        <button type="button" disabled=${list.nextCursor() === null} onClick=${() => turnTo("after", list.nextCursor())}>
          More →
        </button>
      </nav>`
    }
  </section>`;
}

function StatusTabs({ navigation, place }: { readonly navigation: Navigation; readonly place: Place }) {
  return html`<div class="segments" role="group" aria-label="Status">
    ${statusChoices.map(
      (status) =>
        html`<button
          key=${status}
          type="button"
          aria-pressed=${place.status === status ? "true" : "false"}
          onClick=${() => navigation.go({ status, page: null })}
        >
          ${sentence(status)}
        </button>`,
    )}
  </div>`;
}

/** What has happened since the list was asked for. Not a live region: screen readers would never stop speaking. */
function ChangeNote({ told: { entered, updated, left } }: { readonly told: IssueListState["told"] }) {
  const parts = [
    entered > 0 ? `${countText(entered)} entered` : "",
    updated > 0 ? `${countText(updated)} updated` : "",
    left > 0 ? `${countText(left)} left` : "",
  ].filter((part) => part !== "");
  return html`<p class="told">${parts.length === 0 ? "" : `${parts.join(" · ")} while you watched`}</p>`;
}

const columns: readonly { readonly field: IssueOrderField; readonly label: string }[] = [
  { field: "LAST_SEEN", label: "Last seen" },
  { field: "FIRST_SEEN", label: "First seen" },
  { field: "STATUS_SINCE", label: "Status changed" },
  { field: "COUNT", label: "Events" },
  { field: "USER_COUNT", label: "Users" },
  { field: "PRIORITY", label: "Priority" },
];

function OrderSelect({ navigation, order }: { readonly navigation: Navigation; readonly order: IssueOrder }) {
  const isDown = order.direction === "DESC";
  return html`<div class="order">
    <label for="order">Order</label>
    <select
      id="order"
      onChange=${(event: Event) =>
        navigation.go({
          order: { ...order, field: (event.target as HTMLSelectElement).value as IssueOrderField },
          page: null,
        })}
    >
      ${columns.map(
        ({ field, label }) =>
          html`<option key=${field} value=${field} selected=${field === order.field}>${label}</option>`,
      )}
    </select>
    <button
      type="button"
      class="icon"
      aria-label=${isDown ? "Sorted descending; switch to ascending" : "Sorted ascending; switch to descending"}
      title=${isDown ? "Descending" : "Ascending"}
      onClick=${() => navigation.go({ order: { ...order, direction: isDown ? "ASC" : "DESC" }, page: null })}
    >
      ${isDown ? "↓" : "↑"}
    </button>
  </div>`;
}

function Body({
  state,
  navigation,
  place,
}: {
  readonly state: IssueListState;
  readonly navigation: Navigation;
  readonly place: Place;
}) {
  if (state.error !== null) {
    // The address may ask for something that is gone: reloading would show the same error.
    return html`<${Notice} isFailure title="The list cannot be shown" message=${state.error}>
      <button type="button" onClick=${() => location.assign("/")}>Show all open issues</button>
    <//>`;
  }
  if (state.rows === null) return html`<${Skeleton} text="Loading issues" rows=${8} />`;
  if (state.rows.length === 0 && !state.isLoading)
    return html`<${Empty} navigation=${navigation} place=${place} hasPrevious=${state.hasPrevious} />`;
  const heading = (field: IssueOrderField, label: string, name: string, title?: string) =>
    html`<th
      scope="col"
      class=${name}
      title=${title}
      aria-sort=${place.order.field === field ? (place.order.direction === "ASC" ? "ascending" : "descending") : undefined}
    >
      ${label}
    </th>`;
  return html`<table
    class=${`list issues ${state.isLoading ? "loading" : ""}`}
    aria-busy=${state.isLoading ? "true" : "false"}
  >
    <caption class="visually-hidden">
      Issues
    </caption>
    <thead>
      <tr>
        <th scope="col">Issue</th>
        ${heading("STATUS_SINCE", "Status", "col-status")} ${heading("COUNT", "Events", "col-number")}
        ${heading("USER_COUNT", "Users", "col-number")}
        <th scope="col" class="col-assignee">Assignee</th>
        ${heading("LAST_SEEN", "Last seen", "col-seen", asOfWebhook)}
      </tr>
    </thead>
    <tbody>
      ${state.rows.map(
        (row) =>
          html`<${IssueRow}
            key=${row.issue.id}
            row=${row}
            navigation=${navigation}
            place=${place}
          />`,
      )}
    </tbody>
  </table>`;
}

function IssueRow({
  row: { issue, change, changes },
  navigation,
  place,
}: {
  readonly row: Row;
  readonly navigation: Navigation;
  readonly place: Place;
}) {
  // A CSS animation starts again only under another name.
  const mark = change === null ? "" : `${change} ${changes % 2 === 0 ? "even" : "odd"}`;
  return html`<tr class=${`level-${issue.level.toLowerCase()} ${mark}`} data-issue=${issue.sentryId}>
    <td class="col-issue">
      <${Link}
        class="title"
        dir="auto"
        navigation=${navigation}
        place=${place}
        to=${{ issue: issue.sentryId }}
      >
        ${titleText(issue.title)}
      <//>
      <div class="under">
        <span class="level"><span class="level-dot" aria-hidden="true"></span>${levelText(issue)}</span>
        ${issue.shortId !== null && html`<span class="short-id">${issue.shortId}</span>`}
        ${issue.culprit !== null && issue.culprit !== "" && html`<span class="culprit" dir="auto">${issue.culprit}</span>`}
      </div>
    </td>
    <td class="col-status">
      <${StateBadge} state=${issue} />
      <span class="since" title="In this state for"
        ><${Lasting} since=${issue.statusSince}
      /></span>
    </td>
    <td class="col-number" title=${countText(issue.count)}>
      ${shortCountText(issue.count)}<span class="unit">${issue.count === 1 ? " event" : " events"}</span>
    </td>
    <td class="col-number col-users" title=${countText(issue.userCount)}>
      ${shortCountText(issue.userCount)}<span class="unit"
        >${issue.userCount === 1 ? " user" : " users"}</span
      >
    </td>
    <td class="col-assignee">
      ${issue.assignee === null ? html`<span class="nobody">—<span class="visually-hidden">Nobody</span></span>` : assigneeText(issue.assignee)}
    </td>
    <td class="col-seen">
      ${issue.lastSeen === null ? "—" : html`<${Ago} at=${issue.lastSeen} />`}
    </td>
  </tr>`;
}

function Empty({
  navigation,
  place,
  hasPrevious,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly hasPrevious: boolean;
}) {
  if (hasPrevious) {
    return html`<${Notice} title="Nothing is left on this page" message="What was on it is elsewhere now.">
      <button type="button" onClick=${() => navigation.go({ page: null })}>Show the first page</button>
    <//>`;
  }
  if (isNarrowed(place)) {
    return html`<${Notice} title="No issue matches" message="New matches appear here automatically.">
      <button type="button" onClick=${() => navigation.go(unnarrowed)}>Clear the filter</button>
    <//>`;
  }
  return html`<${NoneOf} status=${place.status} />`;
}

function NoneOf({ status }: { readonly status: Place["status"] }) {
  const isFirstAwaited = useIsFirstAwaited();
  if (status === "unresolved" && !isFirstAwaited) {
    return html`<${Notice}
      title="Nothing is open"
      message="The next issue that Sentry reports appears here automatically."
    />`;
  }
  return html`<${Notice}
    title=${isFirstAwaited || status === "all" ? "No issue yet" : `No issue is ${status}`}
    message="The gateway knows an issue only once a webhook has named it."
  >
    ${
      isFirstAwaited &&
      html`<p>To see your own issues, connect Sentry: the README says how, under “Connect Sentry”.</p>
        <p>
          To see the board move now, type <code>npm run simulate</code> in the gateway's folder. What that sends
          stays in the database.
        </p>`
    }
  <//>`;
}

/** Whether the gateway knows of no issue at all; false until that is sure. */
function useIsFirstAwaited(): boolean {
  const [isSure, setSure] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    ask(anyIssue, {}, stop.signal).then(
      // A reader limited to some projects cannot know whether others have issues.
      ({ feed, issues }) => setSure(issues.nodes.length === 0 && feed.refusedSinceStart !== null),
      // It is not sure. The list says what is wrong.
      () => {},
    );
    return () => stop.abort();
  }, []);
  return isSure;
}
