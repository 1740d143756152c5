import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { readPayload } from "../../src/sentry/payload.ts";
import { liveTraffic, pastTraffic, type Happening, type PastOptions } from "../../src/simulate/traffic.ts";
import type { Webhook, WebhookKind } from "../../src/simulate/webhook.ts";
import { noTrouble } from "./no-trouble.ts";
import { corpusBody, entries } from "../sentry/corpus.ts";

type JsonObject = { readonly [key: string]: unknown };
type BodyJson = JsonObject & { readonly action: string };
type IssueJson = JsonObject & {
  readonly [key in "id" | "url" | "status" | "count" | "firstSeen" | "lastSeen" | "issueCategory"]: string;
} & { readonly substatus: string | null };

const day = 86_400_000;
const secret = "a secret for the simulator";
const to = Date.UTC(2026, 10, 20, 12);
const from = to - 60 * day;

function past(options: Partial<PastOptions> = {}): Webhook[] {
  return [...pastTraffic({ seed: 1, secret, issues: 20, from, to, ...options })];
}

function jsonOf({ body }: Webhook): BodyJson {
  return JSON.parse(body.toString()) as BodyJson;
}

function objectIn(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  if (typeof value !== "object" || value === null) throw new Error(`no object at ${key}`);
  return value as JsonObject;
}

function issueOf(webhook: Webhook): IssueJson {
  return objectIn(objectIn(jsonOf(webhook), "data"), "issue") as IssueJson;
}

const aboutIssues = new Set<WebhookKind>([
  "created",
  "assigned",
  "resolved",
  "archived",
  "unresolved",
  "activity",
]);

describe("a seed", () => {
  it("gives the same bytes, headers and times every time", () => {
    expect(past({ seed: 7 })).toEqual(past({ seed: 7 }));
  });

  it("tells of nothing that the corpus tells of: neither renames what it brought", () => {
    /** What the gateway knows by an id or a slug from then on, but for Sentry itself. */
    const namedIn = (bodies: readonly Buffer[]) =>
      new Set(
        bodies.flatMap((body) => {
          const { reading, installationId } = readPayload(body);
          const installation = installationId === null ? [] : [`installation ${installationId}`];
          if (reading.is !== "issue") return installation;
          const { snapshot, actor, assignee } = reading.issue;
          const { project, shortId, assignee: shown } = snapshot.fields;
          return [
            ...installation,
            `issue ${snapshot.sentryId}`,
            ...(shortId === null ? [] : [`short id ${shortId}`]),
            ...(project === null ? [] : [`project ${project.sentryId}`, `slug ${project.slug}`]),
            ...[actor, assignee, shown].flatMap((who) =>
              who === null || who.type === "SENTRY" ? [] : [`${who.type} ${who.sentryId}`],
            ),
          ];
        }),
      );
    const simulated = namedIn(past({ issues: 300 }).map(({ body }) => body));
    const shared = simulated.intersection(namedIn(entries.map(({ file }) => corpusBody(file))));
    expect([...shared]).toEqual([]);
    expect([...simulated].filter((name) => name.startsWith("project "))).toHaveLength(6);
  });

  it("tells of other issues than another seed does", () => {
    const issuesOf = (seed: number) => new Set(past({ seed }).map((webhook) => webhook.issueId));
    const shared = issuesOf(7).intersection(issuesOf(8));
    expect([...shared].filter((id) => id !== null)).toEqual([]);
  });
});

describe("a past", () => {
  let webhooks: Webhook[];
  let snapshots: Webhook[];
  const happenings: Happening[] = [];

  beforeAll(() => {
    webhooks = past({ issues: 1_500, onStep: (happening) => happenings.push(happening) });
    snapshots = webhooks.filter((webhook) => aboutIssues.has(webhook.what));
  });

  it("is signed, byte by byte", () => {
    const unsigned = webhooks.filter(
      ({ body, headers }) =>
        headers["Sentry-Hook-Signature"] !== createHmac("sha256", secret).update(body).digest("hex"),
    );
    expect(unsigned).toEqual([]);
  });

  it("is in order of arrival, within its period", () => {
    const times = webhooks.map((webhook) => webhook.dueAt);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBeGreaterThanOrEqual(from);
    expect(times.at(-1)).toBeLessThanOrEqual(to);
  });

  it("names each request once, but for one that comes again as it was", () => {
    const prompt = webhooks.filter((webhook) => webhook.arrival !== "repeated");
    expect(new Set(prompt.map(({ headers }) => headers["Request-ID"])).size).toBe(prompt.length);
    expect(webhooks.filter(({ headers }) => !/^[0-9a-f]{32}$/.test(headers["Request-ID"] ?? ""))).toEqual([]);
  });

  it("is printed as Python prints it: ASCII, no whitespace, floats with a point", () => {
    const ascii = (text: string) =>
      text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const strays = webhooks.filter(({ body }) => {
      const text = body.toString("latin1");
      // The two floats that JavaScript prints in another way.
      const ours = text.replaceAll(/:([01])\.0(?=[,}])/g, ":$1").replaceAll(":4.2e-05", ":0.000042");
      return ours !== ascii(JSON.stringify(JSON.parse(text)));
    });
    expect(strays).toEqual([]);
    const whole = webhooks.map(({ body }) => body.toString()).join("");
    expect(whole).toContain('"severity":1.0,');
    expect(whole).toContain('"severity":4.2e-05,');
    expect(whole).toMatch(/\\ud83e\\udd14/);
  });

  it("has the keys of the corpus, in its order", () => {
    const expected = new Set<string>();
    let issueKeys: readonly string[] = [];
    for (const { file, expected: about } of entries) {
      // Neither what no Sentry sends nor what only old ones did.
      if (about.issueId === undefined || !about.http.startsWith("2")) continue;
      if (/^(defensive|future|created-legacy|activity-alert-june)/.test(file)) continue;
      const json = JSON.parse(corpusBody(file).toString()) as JsonObject;
      if (file === "assigned-user.json") issueKeys = Object.keys(objectIn(objectIn(json, "data"), "issue"));
      for (const part of partsOf(json)) expected.add(part);
    }
    // What the corpus shows as null alone.
    expected.add('priorityLockedAt "string"').add('seerFixabilityScore "number"');
    // The corpus has no resolution in an upcoming release; it shows who resolved and nothing else.
    const actor = [...expected].find((part) =>
      part.startsWith('statusDetails {"inRelease":"string","actor":{'),
    );
    expected.add(actor?.replace('"inRelease":"string",', "") ?? "");

    expect(issueKeys.length).toBeGreaterThan(35);
    expect(new Set(snapshots.map((webhook) => Object.keys(issueOf(webhook)).join()))).toEqual(
      new Set([issueKeys.join()]),
    );
    const others = webhooks.filter(({ what }) => what === "comment" || what === "error");
    const found = new Set([...snapshots, ...others].flatMap((webhook) => [...partsOf(jsonOf(webhook))]));
    expect([...found.difference(expected)]).toEqual([]);
    // Every way to resolve and to archive is among them.
    expect([...found].filter((part) => part.startsWith("statusDetails")).length).toBeGreaterThanOrEqual(9);
  });

  it("counts in a string, and dates created as isoformat() and everything else with microseconds and Z", () => {
    const isoformat = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/;
    const zulu = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
    const strays = snapshots.filter((webhook) => {
      const { count, firstSeen, lastSeen } = issueOf(webhook);
      const format = webhook.what === "created" ? isoformat : zulu;
      return !(/^[1-9]\d*$/.test(count) && format.test(firstSeen) && format.test(lastSeen));
    });
    expect(strays).toEqual([]);
    const bodies = webhooks.filter(({ what }) => what === "created").map(({ body }) => body.toString());
    expect(bodies.some((text) => /"firstSeen":"[^".]+\+00:00"/.test(text))).toBe(true);
  });

  it("never sends a snapshot from the future, and an old one only of `created`, late or again", () => {
    const counts = new Map<string, number>();
    const strays = snapshots.filter((webhook) => {
      const { id, count, lastSeen } = issueOf(webhook);
      const seconds = Number(webhook.headers["Sentry-Hook-Timestamp"]);
      const isFuture = Math.floor(Date.parse(lastSeen) / 1000) > seconds || seconds > webhook.dueAt / 1000;
      if (webhook.what === "created" || webhook.arrival !== "prompt") return isFuture;
      const before = counts.get(id) ?? 1;
      counts.set(id, Number(count));
      return isFuture || Number(count) < before;
    });
    expect(strays).toEqual([]);
  });

  it("is what it claims to be for the gateway's own reader", () => {
    const claims = new Map([
      ["created", "unresolved"],
      ["unresolved", "unresolved"],
      ["resolved", "resolved"],
      ["archived", "ignored"],
    ]);
    const strays = webhooks.filter(({ body, headers, issueId, what }) => {
      const { reading, installationId } = readPayload(body);
      if (installationId === null) return true;
      if (!aboutIssues.has(what)) return reading.is !== "ignored";
      if (reading.is !== "issue") return true;
      const { issue } = reading;
      const isClaim = what === "activity" || issue.claim === (claims.get(what) ?? null);
      const isResource =
        issue.resource === (headers["Sentry-Hook-Resource"] === "issue" ? "issue" : "activity");
      const isAssigned = what !== "assigned" || issue.assignee !== null;
      return !(issue.snapshot.sentryId === issueId && isClaim && isResource && isAssigned);
    });
    expect(strays).toEqual([]);
  });

  it("shows only the pairs of status and substatus that Sentry shows", () => {
    const pairs = new Set(snapshots.map(issueOf).map(({ status, substatus }) => `${status} ${substatus}`));
    expect(pairs).toEqual(
      new Set([
        "unresolved new",
        "unresolved ongoing",
        "unresolved escalating",
        "unresolved regressed",
        "resolved null",
        "ignored archived_until_escalating",
        "ignored archived_until_condition_met",
        "ignored archived_forever",
        // A snooze that is over and not cleared yet: status is computed, substatus is stored.
        "unresolved archived_until_condition_met",
      ]),
    );
  });

  it("lets issues go only where Sentry lets them go", () => {
    const moves = new Set(
      happenings
        .filter(
          ({ from: before, to: after }) =>
            before?.status !== after.status || before.substatus !== after.substatus,
        )
        .map(
          ({ step, from: before, to: after }) =>
            `${step}: ${before?.status ?? "-"} > ${after.substatus ?? after.status}`,
        ),
    );
    const strays = [...moves].filter((move) => !allowedMoves.some((allowed) => allowed.test(move)));
    expect(strays).toEqual([]);
    expect(allowedMoves.filter((allowed) => ![...moves].some((move) => allowed.test(move)))).toEqual([]);
  });

  it("sends for each step what Sentry sends, and nothing for the silent ones", () => {
    const sent = new Map<string, Set<string>>();
    for (const { step, webhooks: kinds } of happenings) {
      const all = sent.get(step) ?? new Set();
      sent.set(step, all.add(kinds.filter((kind) => kind !== "activity").join()));
    }
    expect(Object.fromEntries([...sent].map(([step, kinds]) => [step, [...kinds].toSorted()]))).toEqual({
      // Sentry tells of new errors, outages and feedback only.
      created: ["", "created"],
      assigned: ["assigned"],
      // With the setting that claims unassigned issues.
      resolved: ["assigned,resolved", "resolved"],
      regressed: ["unresolved"],
      reopened: ["unresolved"],
      escalated: ["unresolved"],
      archived: ["archived"],
      commented: ["comment"],
      errored: ["error"],
      recovered: [""],
      relapsed: [""],
      unarchived: [""],
      rearchived: [""],
      awoke: [""],
      spiked: [""],
      settled: [""],
      unassigned: [""],
      reprioritized: [""],
    });
  });

  it("tells of new errors, outages and feedback, and of nothing else that is new", () => {
    const categories = (what: WebhookKind) =>
      new Set(
        snapshots.filter((webhook) => webhook.what === what).map((webhook) => issueOf(webhook).issueCategory),
      );
    expect(categories("created")).toEqual(new Set(["error", "outage", "feedback"]));
    expect(categories("resolved")).toEqual(
      new Set(["error", "outage", "feedback", "db_query", "http_client", "metric", "frontend", "mobile"]),
    );
  });

  it("alerts of the steps that Sentry keeps an activity of", () => {
    const steps = new Set(
      happenings.filter((one) => one.webhooks.includes("activity")).map((one) => one.step),
    );
    expect(steps).toEqual(
      new Set([
        ...(["resolved", "regressed", "reopened", "archived", "escalated"] as const),
        // These send nothing else.
        ...(["spiked", "recovered", "relapsed", "unarchived"] as const),
      ]),
    );
  });

  it("alerts only where there is a rule, and calls archiving by that app's name", () => {
    const organizationOf = (webhook: Webhook) => issueOf(webhook).url.split("/")[6];
    const alerts = snapshots.filter((webhook) => webhook.what === "activity");
    expect(new Set(alerts.map(organizationOf))).toEqual(new Set(["tidewater-labs"]));
    const types = new Set(alerts.map((one) => objectIn(objectIn(jsonOf(one), "data"), "activity")["type"]));
    expect(types).toEqual(
      new Set([
        "status_resolved",
        "status_resolved_in_release",
        "status_resolved_in_commit",
        "status_resolved_by_age",
        "status_unresolved",
        "status_regression",
        "status_escalating",
        "status_ignored",
      ]),
    );
    const names = new Set(
      snapshots
        .filter((webhook) => webhook.what === "archived")
        .map((webhook) => `${organizationOf(webhook)} ${jsonOf(webhook).action}`),
    );
    expect(names).toEqual(new Set(["tidewater ignored", "tidewater-labs archived"]));
  });
});

describe("deliveries", () => {
  it("all arrive once when nothing goes wrong", () => {
    const steps: Happening[] = [];
    const webhooks = past({ issues: 200, trouble: noTrouble, onStep: (step) => steps.push(step) });
    const announced = new Map<string, string[]>();
    const lastAt = new Map<string, number>();
    for (const { issueId, webhooks: kinds, at } of steps) {
      announced.set(issueId, [...(announced.get(issueId) ?? []), ...kinds]);
      lastAt.set(issueId, at);
    }
    // What is on its way when the period ends does not arrive within it.
    const settled = [...announced.keys()].filter((id) => lastAt.get(id)! < to - 60_000);
    expect(settled.length).toBeGreaterThan(150);
    const arrived = Map.groupBy(webhooks, (webhook) => webhook.issueId);
    for (const id of settled) {
      const kinds = (arrived.get(id) ?? []).map((webhook) => webhook.what);
      expect(kinds.toSorted()).toEqual(announced.get(id)!.toSorted());
    }
  });

  it("that are lost are told of and do not come", () => {
    const trouble = { ...noTrouble, lost: 0.5 };
    const lost: WebhookKind[] = [];
    let announced = 0;
    const onStep = ({ at, webhooks }: Happening) => (announced += at < to - 60_000 ? webhooks.length : 0);
    const webhooks = past({ issues: 200, trouble, onLost: (what) => lost.push(what), onStep });
    const aboutAny = webhooks.filter((webhook) => webhook.issueId !== null);
    expect(Math.abs(aboutAny.length + lost.length - announced)).toBeLessThan(5);
    expect(lost.length / announced).toBeCloseTo(0.5, 1);
  });

  it("are repeated as Sentry repeats them, or as they were", () => {
    const webhooks = past({ issues: 200, trouble: { ...noTrouble, repeated: 0.5 } });
    const seen: Webhook[] = [];
    let replays = 0;
    let retries = 0;
    let newSnapshots = 0;
    for (const webhook of webhooks) {
      if (webhook.arrival === "repeated") {
        const replayed = seen.find(({ headers }) => headers["Request-ID"] === webhook.headers["Request-ID"]);
        const key = webhook.headers["Idempotency-Key"];
        const first = seen.find(({ headers }) => key !== undefined && headers["Idempotency-Key"] === key);
        if (replayed !== undefined) {
          replays++;
          expect({ ...webhook, dueAt: 0, arrival: null }).toEqual({ ...replayed, dueAt: 0, arrival: null });
        } else if (first !== undefined) {
          retries++;
          expect(webhook.dueAt - first.dueAt).toBeGreaterThanOrEqual(300_000);
          expect(Number(webhook.headers["Sentry-Hook-Timestamp"])).toBe(Math.floor(webhook.dueAt / 1000));
          const isSame = webhook.body.equals(first.body);
          if (webhook.what === "created") expect(isSame).toBe(true);
          if (!isSame) newSnapshots++;
        } else {
          // Without a key there is nothing to tell a retry by.
          expect(key).toBeUndefined();
        }
      }
      seen.push(webhook);
    }
    expect({ replays: replays > 50, retries: retries > 50, newSnapshots: newSnapshots > 20 }).toEqual({
      replays: true,
      retries: true,
      newSnapshots: true,
    });
  });

  it("are late in Sentry's queue or on the way, and overtaken", () => {
    const webhooks = past({ issues: 300, trouble: { ...noTrouble, late: 0.3 } });
    const heldMs = webhooks
      .filter((webhook) => webhook.arrival === "late")
      .map(({ dueAt, headers }) => dueAt - Number(headers["Sentry-Hook-Timestamp"]) * 1000);
    expect(heldMs.filter((ms) => ms < 1_000).length).toBeGreaterThan(100);
    expect(heldMs.filter((ms) => ms >= 5_000).length).toBeGreaterThan(50);
    const prompt = webhooks.filter((webhook) => webhook.arrival === "prompt");
    expect(
      prompt.filter(({ dueAt, headers }) => dueAt - Number(headers["Sentry-Hook-Timestamp"]) * 1000 >= 1_000),
    ).toEqual([]);

    const firstOf = (kind: WebhookKind, id: string | null) =>
      webhooks.findIndex((webhook) => webhook.what === kind && webhook.issueId === id);
    const overtaken = webhooks.filter(
      ({ what, issueId }) =>
        what === "created" &&
        firstOf("resolved", issueId) >= 0 &&
        firstOf("resolved", issueId) < firstOf("created", issueId),
    );
    expect(overtaken.length).toBeGreaterThan(0);
  });

  it("come out of order even without trouble: an automatic assignment often before `created`", () => {
    const webhooks = past({ issues: 300, trouble: noTrouble });
    const first = new Map<string | null, WebhookKind>();
    for (const { issueId, what } of webhooks) if (!first.has(issueId)) first.set(issueId, what);
    const kinds = [...first.values()];
    expect(kinds.filter((kind) => kind === "assigned").length).toBeGreaterThan(30);
    expect(kinds.filter((kind) => kind === "created").length).toBeGreaterThan(100);
  });
});

describe("live traffic", () => {
  const start = Date.UTC(2026, 10, 20, 12);

  /** The first webhooks, each taken when the clock has gone on by so much. */
  function live(count: number, { rate = 5, issues = 50, everyMs = 200 } = {}): Webhook[] {
    let now = start;
    const webhooks: Webhook[] = [];
    for (const webhook of liveTraffic({ seed: 3, secret, issues, rate, now: () => now })) {
      webhooks.push(webhook);
      if (webhooks.length === count) break;
      now += everyMs;
    }
    return webhooks;
  }

  it("shows the time at which each webhook is taken", () => {
    const webhooks = live(500);
    expect(webhooks.map((webhook) => webhook.dueAt)).toEqual(webhooks.map((_, index) => start + index * 200));
    const stamps = webhooks
      .filter((webhook) => webhook.arrival === "prompt")
      .map(({ headers, dueAt }) => Number(headers["Sentry-Hook-Timestamp"]) - Math.floor(dueAt / 1000));
    expect(new Set(stamps)).toEqual(new Set([0]));
  });

  it("lives the same lives at another pace", () => {
    const told = (webhooks: readonly Webhook[]) =>
      webhooks.map(({ what, issueId, arrival }) => ({ what, issueId, arrival }));
    expect(told(live(500, { everyMs: 1 }))).toEqual(told(live(500, { everyMs: 200 })));
  });

  it("goes on, with new issues for those whose life is over", () => {
    const ids = new Set(live(3_000, { issues: 20 }).map((webhook) => webhook.issueId));
    expect(ids.size).toBeGreaterThan(200);
  });

  it("is late by true seconds and minutes, however fast the lives are", () => {
    const heldMs = live(8_000)
      .filter((webhook) => webhook.arrival === "late")
      .map(({ dueAt, headers }) => dueAt - Number(headers["Sentry-Hook-Timestamp"]) * 1000)
      .filter((ms) => ms >= 2_000)
      .toSorted((one, other) => one - other);
    expect(heldMs.length).toBeGreaterThan(20);
    const median = heldMs[Math.floor(heldMs.length / 2)] ?? 0;
    expect(median).toBeGreaterThan(20_000);
    expect(median).toBeLessThan(400_000);
  });
});

/**
 * Each move as `step: status before > substatus after, or its status where it has none`. A snooze that is over shows as
 * unresolved until something ends it.
 */
const allowedMoves: readonly RegExp[] = [
  /^created: - > new$/,
  /^resolved: unresolved > resolved$/,
  /^resolved: ignored > resolved$/,
  /^recovered: unresolved > resolved$/,
  /^relapsed: resolved > regressed$/,
  /^regressed: resolved > regressed$/,
  /^reopened: resolved > ongoing$/,
  /^archived: unresolved > archived_(forever|until_escalating|until_condition_met)$/,
  /^rearchived: (ignored|unresolved) > archived_(forever|until_escalating|until_condition_met)$/,
  /^unarchived: (ignored|unresolved) > (new|ongoing)$/,
  /^escalated: ignored > escalating$/,
  /^awoke: unresolved > ongoing$/,
  /^spiked: unresolved > escalating$/,
  /^settled: unresolved > ongoing$/,
];

/** The keys of each part of a body, in order, with the types of what they hold. */
function* partsOf(json: JsonObject): Generator<string> {
  yield `body ${Object.keys(json).join()}`;
  yield `actor ${shapeOf(json["actor"])}`;
  yield `installation ${shapeOf(json["installation"])}`;
  const { issue, ...others } = objectIn(json, "data");
  yield `data ${shapeOf(others)}`;
  if (issue === undefined) return;
  for (const [key, value] of Object.entries(issue as JsonObject)) yield `${key} ${shapeOf(value)}`;
}

function shapeOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object") return typeof inner;
    // Of a list, what its first element is like.
    return Array.isArray(inner) ? inner.slice(0, 1) : inner;
  });
}
