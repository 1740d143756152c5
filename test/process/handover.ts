import { expect } from "vitest";
import { positionOf } from "../../src/domain/cursor.ts";
import { streamOf } from "./event-stream.ts";
import { startProcess } from "./gateway.ts";
import { sendAndJournal } from "./journal.ts";

/** Experiment E41: a list and the stream after its cursor give the next list, whatever happens meanwhile. */

type Listed = { readonly id: string; readonly count: number; readonly substatus: string | null };
type List = { readonly cursor: string; readonly issues: ReadonlyMap<string, Listed> };
type Change = {
  readonly cursor: string;
  readonly kind: "ENTERED" | "UPDATED" | "LEFT";
  readonly leftId: string | null;
  readonly issue: Listed;
};

const filter = "filter: { status: { eq: UNRESOLVED } }";
const fields = "id count substatus";

async function listAt(url: string): Promise<List> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query: `{ feed { cursor } issues(first: 100, ${filter}) { nodes { ${fields} } } }`,
    }),
  });
  const { data } = (await response.json()) as {
    readonly data: {
      readonly feed: { readonly cursor: string };
      readonly issues: { readonly nodes: readonly Listed[] };
    };
  };
  return { cursor: data.feed.cursor, issues: new Map(data.issues.nodes.map((issue) => [issue.id, issue])) };
}

const seqOf = (cursor: string): number => positionOf(cursor)!.seq;

/** The list at `until`, as its followers have it, and how many entries came twice or out of order. */
async function followed(url: string, from: List, until: string) {
  const issues = new Map(from.issues);
  const query = `subscription ($after: Cursor) { issueChanged(${filter}, after: $after) {
    cursor kind leftId issue { ${fields} } } }`;
  const stop = new AbortController();
  let seen = seqOf(from.cursor);
  let repeated = 0;
  for await (const { id, data } of streamOf(url, { query, variables: { after: from.cursor } }, stop.signal)) {
    if (id === null) continue;
    if (data !== null && seqOf(id) <= seqOf(until)) {
      if (seqOf(id) <= seen) repeated += 1;
      seen = seqOf(id);
      const { issueChanged } = (JSON.parse(data) as { readonly data: { readonly issueChanged: Change } })
        .data;
      if (issueChanged.kind === "LEFT") issues.delete(issueChanged.leftId!);
      else issues.set(issueChanged.issue.id, issueChanged.issue);
    }
    // If the last entries do not concern the list, a ping tells the position.
    if (seqOf(id) >= seqOf(until)) break;
  }
  return { issues, repeated };
}

/** Reads `trials` lists under load, and follows each to the next one. */
export async function survivesHandovers(trials: number): Promise<{ readonly entries: number }> {
  await using gateway = await startProcess({ settings: { LOG_LEVEL: "info" } });
  const stop = new AbortController();
  const sending = sendAndJournal(gateway.url, { connections: 4, signal: stop.signal, round: 0 });
  const first = await listAt(gateway.url);
  let list = first;
  for (let trial = 0; trial < trials; trial += 1) {
    const next = await listAt(gateway.url);
    const { issues, repeated } = await followed(gateway.url, list, next.cursor);
    expect([trial, repeated, sorted(issues)]).toEqual([trial, 0, sorted(next.issues)]);
    list = next;
  }
  stop.abort();
  await sending;
  return { entries: seqOf(list.cursor) - seqOf(first.cursor) };
}

function sorted(issues: ReadonlyMap<string, Listed>): readonly Listed[] {
  return [...issues.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
