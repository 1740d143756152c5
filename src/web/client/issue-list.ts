import { ask } from "./ask.ts";
import { createCell, type Cell } from "./cell.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import { keepTrying } from "./keep-trying.ts";
import { issueChanged, issuePage, type IssueChange, type IssueOrder } from "./operations/issue-list.ts";
import type { IssueFilter, ListedIssue } from "./operations/shapes.ts";
import type { Place } from "./place.ts";

/** The filter, order and page of a list. */
export type ListRequest = {
  readonly filter: IssueFilter;
  readonly order: IssueOrder;
  readonly page: Place["page"];
};

/** A row of the list. `change` is what happened to it last, while the row shows that; else null. */
export type Row = {
  readonly issue: ListedIssue;
  /** The row's page cursor; null if the row came or moved after the page was read. */
  readonly cursor: string | null;
  readonly change: "entered" | "updated" | "left" | null;
  /** Grows with each change of this row. */
  readonly changes: number;
};

export type IssueListState = {
  /** Null until the first page is there. */
  readonly rows: readonly Row[] | null;
  readonly total: number;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  /** True while another page is read: the rows are still those of the one before. */
  readonly isLoading: boolean;
  /** The message of an error that no retry can mend; null if there is none. */
  readonly error: string | null;
  /** How many issues have entered, been updated, and left, since the page was asked for. */
  readonly told: { readonly entered: number; readonly updated: number; readonly left: number };
};

/** A page of issues, kept up to date while it is shown. */
export type IssueList = {
  readonly state: Cell<IssueListState>;
  /** Shows another page. The rows of the one before stay until it is read. */
  readonly show: (request: ListRequest) => void;
  /** Closes the stream. The next `show` of the same request resumes it, unless the page is too old by then. */
  readonly rest: () => void;
  /** The page cursors for the next and the previous page; null if there is none. */
  readonly nextCursor: () => string | null;
  readonly previousCursor: () => string | null;
};

export const rowsPerPage = 50;

/** How long a row that left stays visible, and how long a changed row is marked. */
const shownLeavingMs = 1_600;

/** How long after rows have left a page it is read again, to be filled up. */
const refillAfterMs = 2_000;

/**
 * At this age a page is read again: after a rest, in place of all the changes that were missed. A page whose filter has
 * a relative time is read again even without a rest: no event tells that an issue passed the bound with time.
 */
const ageAfterMs = 60_000;

export function createIssueList(connection: Connection): IssueList {
  const state = createCell<IssueListState>({
    rows: null,
    total: 0,
    hasNext: false,
    hasPrevious: false,
    isLoading: true,
    error: null,
    told: { entered: 0, updated: 0, left: 0 },
  });
  let request: ListRequest | null = null;
  /** The newest position that the rows show; null when the page has to be read. */
  let position: string | null = null;
  let readAt = 0;
  let page = { start: null as string | null, end: null as string | null };
  let running = new AbortController();
  running.abort();

  /** Reads the page and follows its changes, in a loop until aborted. */
  async function readAndFollow(
    asked: ListRequest,
    signal: AbortSignal,
    succeeded: () => void,
  ): Promise<void> {
    for (;;) {
      // Paused or not, the page is read once; it then stands still while the page rests.
      if (position === null) await read(asked, signal);
      await connection.awake(signal);
      if (Date.now() - readAt >= ageAfterMs) {
        position = null;
        continue;
      }
      using awake = connection.whileAwake(signal);
      const refill = new AbortController();
      try {
        await followPage(asked, AbortSignal.any([awake.signal, refill.signal]), succeeded, () =>
          refill.abort(),
        );
      } catch (error) {
        signal.throwIfAborted();
        if (awake.signal.aborted) continue;
        position = null;
        if (!refill.signal.aborted) throw error;
      }
    }
  }

  async function read({ filter, order, page: wanted }: ListRequest, signal: AbortSignal): Promise<void> {
    connection.connecting();
    const pageAt = (place: ListRequest["page"]) =>
      ask(
        issuePage,
        {
          filter,
          orderBy: order,
          ...(place?.is === "before"
            ? { last: rowsPerPage, before: place.cursor }
            : { first: rowsPerPage, ...(place === null ? {} : { after: place.cursor }) }),
        },
        signal,
      );
    let found = await pageAt(wanted);
    // Going back has reached the beginning: read the first page, which may have more rows than came before the cursor.
    if (wanted?.is === "before" && !found.issues.pageInfo.hasPreviousPage) found = await pageAt(null);
    const { feed, issues } = found;
    const { edges, totalCount, pageInfo } = issues;
    const { isLoading, told } = state.get();
    page = { start: edges[0]?.cursor ?? null, end: edges.at(-1)?.cursor ?? null };
    position = feed.cursor;
    readAt = Date.now();
    state.set({
      rows: edges.map(({ cursor, node }) => ({ issue: node, cursor, change: null, changes: 0 })),
      total: totalCount,
      hasNext: pageInfo.hasNextPage,
      hasPrevious: pageInfo.hasPreviousPage,
      isLoading: false,
      error: null,
      told: isLoading ? { entered: 0, updated: 0, left: 0 } : told,
    });
  }

  async function followPage(
    asked: ListRequest,
    signal: AbortSignal,
    heard: () => void,
    refill: () => void,
  ): Promise<void> {
    const changes = follow(
      issueChanged,
      { filter: asked.filter },
      { after: position, cursorOf: (data) => data.issueChanged.cursor, connection, signal, heard },
    );
    let refilling: ReturnType<typeof setTimeout> | undefined;
    const aging =
      asked.filter["lastSeen"] === undefined
        ? undefined
        : setTimeout(refill, readAt + ageAfterMs - Date.now());
    const refillIfShort = () => {
      const { rows, hasNext } = state.get();
      const staying = rows!.filter((row) => row.change !== "left").length;
      if (hasNext && staying < rowsPerPage) refilling ??= setTimeout(refill, refillAfterMs);
    };
    try {
      // Rows may have left just before the stream was closed.
      refillIfShort();
      for await (const { issueChanged: change } of changes) {
        state.set(changed(state.get(), change, asked.order));
        position = change.cursor;
        refillIfShort();
        forget(change.issue.id);
      }
    } finally {
      clearTimeout(refilling);
      clearTimeout(aging);
    }
  }

  /** Once a row's change has been seen, takes the mark back, or removes the row if it left. */
  function forget(id: string): void {
    const changes = state.get().rows?.find(({ issue }) => issue.id === id)?.changes;
    setTimeout(() => {
      const { rows } = state.get();
      if (rows === null) return;
      const isSame = (row: Row) => row.issue.id === id && row.changes === changes && row.change !== null;
      if (!rows.some(isSame)) return;
      state.set({
        ...state.get(),
        rows: rows
          .filter((row) => !(isSame(row) && row.change === "left"))
          .map((row) => (isSame(row) ? { ...row, change: null } : row)),
      });
    }, shownLeavingMs);
  }

  return {
    state,

    show(next) {
      const isSame = request !== null && JSON.stringify(next) === JSON.stringify(request);
      if (isSame && !running.signal.aborted) return;
      running.abort();
      running = new AbortController();
      if (!isSame) {
        request = next;
        position = null;
        state.set({ ...state.get(), isLoading: true, error: null });
      }
      const { signal } = running;
      keepTrying((succeeded) => readAndFollow(next, signal, succeeded), {
        connection,
        signal,
        failed: (error) => state.set({ ...state.get(), isLoading: false, error }),
      });
    },

    rest: () => running.abort(),

    nextCursor() {
      const { rows, hasNext } = state.get();
      if (!hasNext) return null;
      // The rows after the last one with a cursor come again on the next page. None is left out.
      return rows?.findLast(({ cursor }) => cursor !== null)?.cursor ?? page.end;
    },

    previousCursor() {
      const { rows, hasPrevious } = state.get();
      if (!hasPrevious) return null;
      return rows?.find(({ cursor }) => cursor !== null)?.cursor ?? page.start;
    },
  };
}

/** The list after a change. The row of an issue that left is marked, and stays until `forget` removes it. */
export function changed(
  list: IssueListState,
  { kind, issue }: IssueChange,
  order: IssueOrder,
): IssueListState {
  const before = list.rows ?? [];
  const place = before.findIndex((row) => row.issue.id === issue.id);
  const known = before[place];
  const total = list.total + (kind === "ENTERED" ? 1 : kind === "LEFT" ? -1 : 0);
  const name = kind.toLowerCase() as Lowercase<typeof kind>;
  const told = { ...list.told, [name]: list.told[name] + 1 };
  const changes = (known?.changes ?? 0) + 1;

  if (kind === "LEFT") {
    const rows =
      known === undefined ? before : before.with(place, { ...known, issue, change: name, changes });
    return { ...list, rows, total, told };
  }

  const others = before.filter((row) => row !== known);
  // A row that left shows the new values of its issue in the old place: comparing them does not tell whether it moved.
  const moved =
    known !== undefined && (known.change === "left" || compareIssues(known.issue, issue, order) !== 0);
  const row: Row = {
    issue,
    cursor: known === undefined || moved ? null : known.cursor,
    change: name,
    changes,
  };
  if (known !== undefined && !moved) return { ...list, rows: before.with(place, row), total, told };

  const at = others.findIndex(
    (other) => other.change !== "left" && compareIssues(issue, other.issue, order) < 0,
  );
  const index = at < 0 ? others.length : at;
  const first = before.find((other) => other.change !== "left");
  // An issue belongs to another page if it sorts before the first row of a later page, or after the last row of a page
  // with a next one. If no row of a later page is left, nothing says what belongs to it.
  const isBefore = first === undefined || compareIssues(issue, first.issue, order) < 0;
  const isElsewhere = (list.hasPrevious && isBefore) || (list.hasNext && at < 0);
  const rows = isElsewhere ? others : others.toSpliced(index, 0, row);
  const overflow = rows.filter(({ change: last }) => last !== "left")[rowsPerPage];
  return {
    ...list,
    rows: overflow === undefined ? rows : rows.slice(0, rows.indexOf(overflow)),
    hasNext: list.hasNext || overflow !== undefined,
    total,
    told,
  };
}

/** Compares as the gateway orders: nulls last in either direction, and equals by Sentry's id, as text. */
export function compareIssues(
  one: ListedIssue,
  other: ListedIssue,
  { field, direction }: IssueOrder,
): number {
  const sign = direction === "ASC" ? 1 : -1;
  const [a, b] = [keyOf(one, field), keyOf(other, field)];
  if (a === null || b === null) {
    if (a !== b) return a === null ? 1 : -1;
  } else if (a !== b) {
    return (a - b) * sign;
  }
  return one.sentryId === other.sentryId ? 0 : (one.sentryId < other.sentryId ? -1 : 1) * sign;
}

function keyOf(issue: ListedIssue, field: IssueOrder["field"]): number | null {
  switch (field) {
    case "LAST_SEEN":
      return issue.lastSeen === null ? null : Date.parse(issue.lastSeen);
    case "FIRST_SEEN":
      return issue.firstSeen === null ? null : Date.parse(issue.firstSeen);
    case "STATUS_SINCE":
      return Date.parse(issue.statusSince);
    case "COUNT":
      return issue.count;
    case "USER_COUNT":
      return issue.userCount;
    case "PRIORITY":
      return issue.priority === null ? null : ["LOW", "MEDIUM", "HIGH"].indexOf(issue.priority);
  }
}
