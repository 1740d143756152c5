import type { Store } from "../../src/store/store.ts";
import { at, told, webhook } from "./deliveries.ts";

const page = { from: "first", after: null, before: null, limit: 100 } as const;

/** Appends corrections, late deliveries, repeats, and webhooks that are not about issues. */
export async function fillVaried(store: Store): Promise<void> {
  const more = { permalink: "https://sentry.example/1", numComments: 3, metadata: { value: "v" } };
  await store.append(told({ action: "resolved", status: "resolved", at: 90, title: "new", more }));
  await store.append(told({ action: "assigned", substatus: "ongoing", at: 60 }));
  await store.append(told({ at: 0, title: "old" }));
  await store.append(told({ action: "assigned", substatus: "escalating", at: 70 }));
  await store.append(told({ at: 0, title: "old", requestId: "a".repeat(32) }));
  await store.append({ ...told({ issue: "2", at: 0 }), receivedAt: at(4) });
  await store.append(told({ issue: "2", action: "assigned", status: "resolved", at: 5 }));
  await store.append(
    told({ issue: "2", action: "resolved", status: "resolved", at: 6, lastSeen: 5, project: null }),
  );
  await store.append(webhook({ action: "created", data: { comment: 1 } }));
  await store.append(webhook("rubbish"));
}

/** Everything that the store answers, except positions and times of commit. */
export async function answersOf({ reader }: Pick<Store, "reader">) {
  const events = await reader.eventPages(["1", "2"], { ...page, actions: null });
  const log = await reader.entriesAfter(0, 1000);
  const { rows } = await reader.deliveryPage({ ...page, filter: {}, now: 0 });
  return {
    events: [...events.values()].flatMap(({ rows }) =>
      rows.map(({ seq: _seq, committedAt: _at, supersedes: _of, ...event }) => event),
    ),
    log: log.map(({ event, after }) => [
      event.id,
      event.supersedes !== null,
      event.supersededBy !== null,
      after,
    ]),
    issues: [...(await reader.issues(["1", "2"])).values()],
    details: await reader.issueDetails(["1", "2"]),
    deliveries: rows.map(({ position: _position, ...delivery }) => delivery),
    projects: [...(await reader.projects(["7"])).values()],
    epoch: (await reader.bounds()).epoch,
  };
}
