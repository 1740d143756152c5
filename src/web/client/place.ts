import { createCell, type Cell } from "./cell.ts";
import type { IssueOrder, IssueOrderField } from "./operations/issue-list.ts";
import type { Assignee, IssueFilter } from "./operations/shapes.ts";

export type View = "issues" | "statistics" | "feed";

export const statusChoices = ["unresolved", "resolved", "archived", "all"] as const;
export type StatusChoice = (typeof statusChoices)[number];

export const levelChoices = ["fatal", "error", "warning", "info", "debug", "sample"] as const;
export type LevelChoice = (typeof levelChoices)[number];

export const seenChoices = { "1h": "-PT1H", "24h": "-PT24H", "7d": "-P7D", "30d": "-P30D" } as const;
export type SeenChoice = keyof typeof seenChoices;

export const spanChoices = {
  "24h": { from: "-PT24H", interval: "HOUR" },
  "7d": { from: "-P7D", interval: "DAY" },
  "30d": { from: "-P30D", interval: "DAY" },
  "90d": { from: "-P90D", interval: "DAY" },
  "1y": { from: "-P365D", interval: "WEEK" },
} as const;
export type SpanChoice = keyof typeof spanChoices;

/** Where in the page the reader is: everything that is in its address. Null means not chosen. */
export type Place = {
  readonly view: View;
  /** Sentry's id of the open issue, or its short id until `IssueFinder` has found the id. */
  readonly issue: string | null;
  readonly status: StatusChoice;
  readonly level: LevelChoice | null;
  /** Sentry's id of a project, or its slug until `ProjectFinder` has found the id. */
  readonly project: string | null;
  /** As `assigneeKey` makes it. */
  readonly assignee: string | null;
  readonly seen: SeenChoice | null;
  readonly search: string;
  readonly order: IssueOrder;
  /** The page of the list: after a page cursor, before one, or the first one. */
  readonly page: { readonly is: "after" | "before"; readonly cursor: string } | null;
  /** How far back the statistics look. */
  readonly span: SpanChoice;
};

const orderNames: Readonly<Record<IssueOrderField, string>> = {
  LAST_SEEN: "seen",
  FIRST_SEEN: "first",
  STATUS_SINCE: "since",
  COUNT: "events",
  USER_COUNT: "users",
  PRIORITY: "priority",
};

/** The place of an address without a query. */
export const startPlace: Place = {
  view: "issues",
  issue: null,
  status: "unresolved",
  level: null,
  project: null,
  assignee: null,
  seen: null,
  search: "",
  order: { field: "LAST_SEEN", direction: "DESC" },
  page: null,
  span: "30d",
};

/** Reads the query of an address. What it does not understand is ignored. */
export function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const after = query.get("after");
  const before = query.get("before");
  return {
    view: oneOf(["issues", "statistics", "feed"] as const, query.get("view")) ?? startPlace.view,
    issue: query.get("issue") || null,
    status: oneOf(statusChoices, query.get("status")) ?? startPlace.status,
    level: oneOf(levelChoices, query.get("level")),
    project: query.get("project") || null,
    assignee: query.get("assignee") || null,
    seen: oneOf(Object.keys(seenChoices) as SeenChoice[], query.get("seen")),
    search: (query.get("q") ?? "").slice(0, 200),
    order: orderOf(query.get("order")),
    page: after ? { is: "after", cursor: after } : before ? { is: "before", cursor: before } : null,
    span: oneOf(Object.keys(spanChoices) as SpanChoice[], query.get("span")) ?? startPlace.span,
  };
}

/** The address of a place, from `/` on; the inverse of `placeOf`. Values as in `startPlace` are left out. */
export function addressOf(place: Place): string {
  const query = new URLSearchParams();
  if (place.view !== startPlace.view) query.set("view", place.view);
  if (place.status !== startPlace.status) query.set("status", place.status);
  if (place.level !== null) query.set("level", place.level);
  if (place.project !== null) query.set("project", place.project);
  if (place.assignee !== null) query.set("assignee", place.assignee);
  if (place.seen !== null) query.set("seen", place.seen);
  if (place.search !== "") query.set("q", place.search);
  const order = orderText(place.order);
  if (order !== orderText(startPlace.order)) query.set("order", order);
  if (place.page !== null) query.set(place.page.is, place.page.cursor);
  if (place.span !== startPlace.span) query.set("span", place.span);
  if (place.issue !== null) query.set("issue", place.issue);
  const text = query.toString();
  return text === "" ? "/" : `/?${text}`;
}

/** The filter of the list of issues. */
export function filterOf(place: Place): IssueFilter {
  return { ...statusFilter(place.status), ...shownFilter(place) };
}

/** The filter of the statistics, which cover every status. */
export function shownFilter({ level, project, assignee, seen, search }: Place): IssueFilter {
  return {
    ...(level === null ? {} : { level: { eq: level.toUpperCase() } }),
    ...(project === null ? {} : { project: projectFilter(project) }),
    ...(assignee === null ? {} : { assignee: assigneeFilter(assignee) }),
    ...(seen === null ? {} : { lastSeen: { gte: seenChoices[seen] } }),
    ...(search.trim() === "" ? {} : { search: search.trim() }),
  };
}

/** True of Sentry's id of a project or issue, which never changes; false of a slug or short id: these have letters. */
export function isSentryId(name: string): boolean {
  return /^\d+$/.test(name);
}

function projectFilter(project: string): IssueFilter {
  return { [isSentryId(project) ? "sentryId" : "slug"]: { eq: project } };
}

/** The key of an assignee in an address. It has the type, because a user and a team can have the same id. */
export function assigneeKey(assignee: Assignee | null): string {
  return assignee === null ? "nobody" : `${assignee.__typename.toLowerCase()}:${assignee.sentryId}`;
}

/** The filter for an assignee's key. An id alone, as somebody types it, is a user's or a team's. */
export function assigneeFilter(key: string): IssueFilter {
  if (key === "nobody") return { null: true };
  const [, type, sentryId] = /^(user|team):(.+)$/s.exec(key) ?? [];
  if (type === undefined) return { sentryId: { eq: key } };
  return { type: type.toUpperCase(), sentryId: { eq: sentryId } };
}

/** True if there is any filter but that of the status. */
export function isNarrowed(place: Place): boolean {
  return Object.keys(shownFilter(place)).length > 0;
}

/** The change of place that leads to a view, from anywhere. */
export function viewing(view: View): Partial<Place> {
  return { view, issue: null, page: null };
}

/** The change of place that clears every filter but that of the status. */
export const unnarrowed = {
  level: null,
  project: null,
  assignee: null,
  seen: null,
  search: "",
  page: null,
} as const;

/** The reader's place, kept in sync with the window's address. */
export type Navigation = {
  readonly place: Cell<Place>;
  /** Goes to another place, as a new entry in the browser's history; `replacing`: in place of the present entry. */
  readonly go: (change: Partial<Place>, how?: "replacing") => void;
};

export function createNavigation(): Navigation {
  const place = createCell(placeOf(location.search));
  window.addEventListener("popstate", () => place.set(placeOf(location.search)));
  return {
    place,
    go(change, how) {
      const next = { ...place.get(), ...change };
      const address = addressOf(next);
      if (address === addressOf(place.get())) return;
      if (how === "replacing") history.replaceState(null, "", address);
      else history.pushState(null, "", address);
      place.set(next);
    },
  };
}

function statusFilter(status: StatusChoice): IssueFilter {
  switch (status) {
    case "unresolved":
      return { status: { eq: "UNRESOLVED" } };
    case "resolved":
      return { status: { eq: "RESOLVED" } };
    case "archived":
      return { status: { eq: "IGNORED" } };
    case "all":
      return {};
  }
}

function orderText({ field, direction }: IssueOrder): string {
  return `${direction === "ASC" ? "" : "-"}${orderNames[field]}`;
}

function orderOf(text: string | null): IssueOrder {
  const name = text?.replace(/^-/, "");
  const found = Object.entries(orderNames).find(([, short]) => short === name);
  if (text === null || found === undefined) return startPlace.order;
  // The keys of orderNames are fields.
  return { field: found[0] as IssueOrderField, direction: text.startsWith("-") ? "DESC" : "ASC" };
}

function oneOf<Choice extends string>(choices: readonly Choice[], text: string | null): Choice | null {
  return choices.find((choice) => choice === text) ?? null;
}
