import { drizzle } from "drizzle-orm/better-sqlite3";
import { describe, expect, it } from "vitest";
import type { IssueFilter } from "../../src/domain/filter.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import type { Reader } from "../../src/store/reader.ts";
import { openReader } from "../../src/store/sqlite/connection.ts";
import { readerOf } from "../../src/store/sqlite/reader.ts";
import type { Store } from "../../src/store/store.ts";
import { gateway } from "../graphql/gateway.ts";
import { told } from "./deliveries.ts";
import { openTestStore } from "./open.ts";
import { openTestPostgres } from "./open-postgres.ts";
import { readHere } from "./read-here.ts";

const deep = `{
  issues(first: 50) {
    totalCount
    nodes {
      logger metadata raw
      assignee { __typename }
      project { slug issues(first: 5) { totalCount nodes { title } } }
      statusSpans { seconds startedBy { id } }
      events(first: 5) {
        totalCount
        nodes {
          previousAssignee { __typename } snapshot issue { title }
          delivery { outcome body events { id } }
          transition { secondsInPreviousState statusDetails { raw } }
        }
      }
      transitions(first: 5, filter: { kind: [RESOLVED] }) { totalCount nodes { id } }
    }
  }
}`;

/** How many statements the deep query is, in a store with so many issues of as many projects. */
async function statementsFor(issues: number): Promise<number> {
  await using store = await openTestStore();
  const project = (issue: number) => ({ id: String(issue), slug: `slug-${issue}`, name: String(issue) });
  await Promise.all(
    Array.from({ length: issues }, (_, issue) => [
      store.append(told({ issue: String(issue), project: project(issue), at: 1 })),
      store.append(
        told({
          issue: String(issue),
          project: project(issue),
          action: "resolved",
          status: "resolved",
          at: 60,
        }),
      ),
    ]).flat(),
  );
  let statements = 0;
  const { client } = openReader(store.file);
  try {
    const db = drizzle({ client, logger: { logQuery: () => (statements += 1) } });
    const reader = readerOf({ client, db }, { issueObjectOf });
    const { ask } = gateway(
      {},
      { store: { reader, readTransaction: () => Promise.reject(new Error("none")) } },
    );
    const { data, errors } = await ask(deep);
    expect(errors).toBeUndefined();
    expect((data as { readonly issues: { readonly nodes: readonly unknown[] } }).issues.nodes).toHaveLength(
      issues,
    );
    return statements;
  } finally {
    client.close();
  }
}

describe("a deep query on a store", () => {
  it("is as many statements for fifty issues as for one", async () => {
    const one = await statementsFor(1);
    expect(await statementsFor(50)).toBe(one);
    expect(one).toBeLessThan(40);
  });
});

describe("a question that is more than one statement can hold", () => {
  it("is asked in several, each for some of the projects", async () => {
    await using store = await openTestStore();
    const projects = Array.from({ length: 20 }, (_, index) => String(index));
    await Promise.all(
      projects.map((id) => store.append(told({ issue: `1${id}`, project: { id, slug: id, name: id } }))),
    );
    // Each names all six levels.
    const filter: IssueFilter = { and: Array.from({ length: 126 }, () => ({ level: { neq: "UNKNOWN" } })) };
    const order = { field: "LAST_SEEN", direction: "DESC" } as const;
    const page = { from: "first", after: null, before: null, limit: 10, order, now: 0 } as const;
    using reading = readHere(store.file);
    const found = await reading.reader.issuePagesOf(projects, { ...page, filter });
    expect(projects.map((id) => found.get(id)!.rows.map(({ sentryId }) => sentryId))).toEqual(
      projects.map((id) => [`1${id}`]),
    );
  });

  it("is asked in several where it is about hundreds of projects", async () => {
    await using store = await openTestStore();
    await fillHundreds(store);
    using reading = readHere(store.file);
    expect(await listedOfHundreds(reading.reader)).toEqual([hundreds, hundreds]);
  });

  it("is asked of PostgreSQL in several, too", async () => {
    await using store = await openTestPostgres();
    await fillHundreds(store);
    expect(await listedOfHundreds(store.reader)).toEqual([hundreds, hundreds]);
  });
});

const hundreds = Array.from({ length: 340 }, (_, index) => String(index));

/** Each of the projects has an issue with its own id. */
async function fillHundreds(store: Pick<Store, "append">): Promise<void> {
  const named = (id: string) => ({ id, slug: id, name: id });
  await Promise.all(hundreds.map((id) => store.append(told({ issue: id, project: named(id) }))));
}

/** What is listed of the projects, without a filter and under one by whose every condition an index finds issues. */
async function listedOfHundreds(reader: Reader) {
  const order = { field: "LAST_SEEN", direction: "DESC" } as const;
  const page = { from: "first", after: null, before: null, limit: 10, order, now: 0 } as const;
  const narrow = {
    search: "TypeError",
    assignee: { null: true },
    level: { eq: "ERROR" },
    status: { eq: "UNRESOLVED" },
  } as const;
  const listed: (readonly string[])[] = [];
  for (const filter of [{}, narrow]) {
    const pages = await reader.issuePagesOf(hundreds, { ...page, filter });
    listed.push(hundreds.flatMap((id) => (pages.get(id)?.rows ?? []).map(({ sentryId }) => sentryId)));
  }
  return listed;
}
