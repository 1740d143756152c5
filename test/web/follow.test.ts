import { afterEach, describe, expect, it, vi } from "vitest";
import type { Connection } from "../../src/web/client/connection.ts";
import { follow } from "../../src/web/client/follow.ts";
import { openIssueDetail } from "../../src/web/client/issue-detail.ts";
import { createIssueList } from "../../src/web/client/issue-list.ts";
import { issueChanged } from "../../src/web/client/operations/issue-list.ts";
import { startPlace } from "../../src/web/client/place.ts";
import { connectionOfPage } from "./connection.ts";

afterEach(() => vi.unstubAllGlobals());

describe("what is followed", () => {
  it("is live once all that was missed is told, and not before", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const tell = (text: string) => writer.write(new TextEncoder().encode(text));
    vi.stubGlobal(
      "fetch",
      async () => new Response(readable, { headers: { "content-type": "text/event-stream" } }),
    );
    const connection = connectionOfPage();
    const stop = new AbortController();
    const changes = follow(
      issueChanged,
      { filter: {} },
      { after: "before", cursorOf: () => null, connection, signal: stop.signal, heard: () => {} },
    );
    for (const cursor of ["then", "later"]) {
      const missed = changes.next();
      void tell(`id: ${cursor}\nevent: next\ndata: {"data":{"issueChanged":{"cursor":"${cursor}"}}}\n\n`);
      expect((await missed).value).toEqual({ issueChanged: { cursor } });
    }
    expect(connection.state.get().is).not.toBe("live");
    const live = Promise.withResolvers<void>();
    connection.state.watch(live.resolve);
    const next = changes.next();
    void tell("id: now\n\n");
    await live.promise;
    expect(connection.state.get().is).toBe("live");
    stop.abort();
    await writer.abort();
    await next.catch(() => {});
  });
});

describe("a position that is refused again and again", () => {
  const page = { totalCount: 0, edges: [], nodes: [], pageInfo: { hasPreviousPage: false } };
  const answers = { feed: { cursor: "anew" }, issue: { events: page, statusSpans: [] }, issues: page };

  it.each([
    ["the list", (connection: Connection) => createIssueList(connection).show({ ...startPlace, filter: {} })],
    ["an issue", (connection: Connection) => void openIssueDetail("1", connection)],
  ])("is asked for again after longer and longer waits, for %s", async (_name, open) => {
    let asked = 0;
    vi.stubGlobal("fetch", async (_url: string, { body }: { readonly body: string }) => {
      // Asked for without a wait, it would be asked for without an end.
      if (asked++ > 20) return Promise.withResolvers<Response>().promise;
      const refused = { message: "Of another log.", extensions: { code: "EPOCH_CHANGED" } };
      return Response.json(body.includes("subscription") ? { errors: [refused] } : { data: answers });
    });
    const waits: [attempt: number, why: string][] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const retry = (attempt: number, why: string): Promise<void> => {
      waits.push([attempt, why]);
      if (waits.length < 3) return Promise.resolve();
      resolve();
      return Promise.withResolvers<void>().promise;
    };
    open({ ...connectionOfPage(), retry });
    await promise;
    expect(waits).toEqual([0, 1, 2].map((attempt) => [attempt, "Of another log."]));
  });
});
