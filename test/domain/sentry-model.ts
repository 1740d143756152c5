import { createHash } from "node:crypto";
import fc from "fast-check";
import type { Claim, Facts } from "../../src/domain/delivery.ts";
import type { Actor, Assignee, State } from "../../src/domain/issue.ts";

/**
 * A model of Sentry as a sender of webhooks: what happens to one issue, which of it Sentry tells, and what arrives.
 *
 * What Sentry does is in sentry-webhooks.md, sections 1.2, 1.3, 3 and 5. Snapshots are taken when a webhook is sent,
 * not when the change happens; only that of `created` is from the change. A second may hold several changes, and many
 * changes are silent. For published apps, what failed is sent again after 5 and 10 minutes.
 */
export type Life = {
  /** What is received, in the order of sending. */
  readonly deliveries: readonly Facts[];
  /** What really happened, the creation included. */
  readonly changes: readonly TrueChange[];
  /** The state at the end. */
  readonly state: State;
};

export type TrueChange = {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly to: State;
  /** Whether a webhook was sent for it, or an alert if these are received. */
  readonly isTold: boolean;
  /** The state in the last delivery that was sent before it and received; null if there is none. */
  readonly shownBefore: State | null;
};

/** What can go wrong in a life. */
export type Trouble = {
  /** `calm` has at least 20 minutes between changes, so that each webhook shows the change that it tells. */
  readonly pace: "racing" | "calm";
  /** Sends `created` up to 20 seconds after the creation, with a snapshot from the creation. */
  readonly delaysCreation: boolean;
  readonly losesWebhooks: boolean;
  /** Sends again what failed or seemed to fail, and receives some requests twice. */
  readonly retries: boolean;
  /** Bodies arrive again under new headers. */
  readonly replays: boolean;
  /** Stamps webhooks up to 12 seconds after their snapshot was taken. */
  readonly stampsLate: boolean;
  /** Three hours after the last act, the issue occurs once more and is assigned. Of that nothing is lost. */
  readonly endsQuietly: boolean;
};

/** All of it at once, without the quiet end. */
export const everyTrouble: Trouble = {
  pace: "racing",
  delaysCreation: true,
  losesWebhooks: true,
  retries: true,
  replays: true,
  stampsLate: true,
  endsQuietly: false,
};

type Act =
  | "resolve"
  | "claim"
  | "recover"
  | "regress"
  | "reopen"
  | "reopenInBulk"
  | "archive"
  | "archiveForever"
  | "snooze"
  | "escalate"
  | "burst"
  | "settle"
  | "unarchive"
  | "expire"
  | "assign"
  | "occur";

type Effect = {
  readonly to: State;
  readonly webhook: "resolved" | "unresolved" | "ignored" | "assigned" | null;
  readonly alert: string | null;
  readonly by: Actor;
  /** A new event of the issue caused it. */
  readonly occurs: boolean;
};

const user: Actor = { type: "USER", sentryId: "17", name: "Ada" };
const sentry: Actor = { type: "SENTRY", sentryId: "sentry", name: "Sentry" };

const resolved: State = { status: "resolved", substatus: null };
const unresolved = (substatus: string): State => ({ status: "unresolved", substatus });
const ignored = (substatus: string): State => ({ status: "ignored", substatus });

/** What an act does to an issue in this state; null if it does nothing. */
function effectOf(act: Act, state: State): Effect | null {
  const { status, substatus } = state;
  const byUser = { by: user, occurs: false };
  const bySentry = { by: sentry, occurs: false };
  const byEvent = { by: sentry, occurs: true };
  const archive = (until: string): Effect | null => {
    if (status === "unresolved")
      return { to: ignored(until), webhook: "ignored", alert: "status_ignored", ...byUser };
    // From archived to archived is silent.
    return status === "ignored" && substatus !== until
      ? { to: ignored(until), webhook: null, alert: null, ...byUser }
      : null;
  };
  switch (act) {
    case "resolve":
    case "claim":
      if (status === "resolved") return null;
      return { to: resolved, webhook: "resolved", alert: "status_resolved", ...byUser };
    case "recover":
      if (status !== "unresolved") return null;
      return { to: resolved, webhook: null, alert: "status_resolved", ...bySentry };
    case "regress":
      if (status !== "resolved") return null;
      return { to: unresolved("regressed"), webhook: "unresolved", alert: "status_regression", ...byEvent };
    case "reopen":
    case "reopenInBulk": {
      if (status !== "resolved") return null;
      const to = unresolved(act === "reopen" ? "regressed" : "ongoing");
      return { to, webhook: "unresolved", alert: "status_unresolved", ...byUser };
    }
    case "archive":
      return archive("archived_until_escalating");
    case "archiveForever":
      return archive("archived_forever");
    case "snooze":
      return archive("archived_until_condition_met");
    case "escalate":
      if (status !== "ignored" || substatus === "archived_forever") return null;
      return { to: unresolved("escalating"), webhook: "unresolved", alert: "status_escalating", ...byEvent };
    case "burst":
      if (substatus !== "new") return null;
      return { to: unresolved("escalating"), webhook: null, alert: "status_escalating", ...byEvent };
    case "settle":
      if (status !== "unresolved" || substatus === "ongoing") return null;
      return { to: unresolved("ongoing"), webhook: null, alert: null, ...bySentry };
    case "unarchive":
      if (status !== "ignored") return null;
      return { to: unresolved("ongoing"), webhook: null, alert: "status_unresolved", ...byUser };
    case "expire":
      if (substatus !== "archived_until_condition_met") return null;
      return { to: unresolved("ongoing"), webhook: null, alert: null, ...byEvent };
    case "assign":
      return { to: state, webhook: "assigned", alert: null, ...byUser };
    case "occur":
      return { to: state, webhook: null, alert: null, ...byEvent };
  }
}

const acts: readonly Act[] = [
  "resolve",
  "resolve",
  "claim",
  "recover",
  "regress",
  "regress",
  "reopen",
  "reopenInBulk",
  "archive",
  "archiveForever",
  "snooze",
  "escalate",
  "escalate",
  "burst",
  "settle",
  "unarchive",
  "expire",
  "assign",
  "assign",
  "occur",
];

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What happens to one webhook on its way. Times are in milliseconds. */
type Fate = {
  readonly delay: number;
  readonly stampedAfter: number;
  readonly isLost: boolean;
  /** How many more times Sentry sends it, though it may have been received. */
  readonly retries: number;
  readonly isRetryLost: boolean;
  readonly isReceivedTwice: boolean;
  /** How long after it was sent it is replayed; null if it is not. */
  readonly replayedAfter: number | null;
};

function fates(trouble: Trouble): fc.Arbitrary<Fate> {
  const seldom = (may: boolean): fc.Arbitrary<boolean> =>
    may
      ? fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) })
      : fc.constant(false);
  return fc.record({
    delay:
      trouble.pace === "calm"
        ? fc.integer({ min: 0, max: 5 * second })
        : fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 20 * second })),
    stampedAfter: trouble.stampsLate ? fc.integer({ min: 0, max: 12 * second }) : fc.constant(0),
    isLost: seldom(trouble.losesWebhooks),
    retries: trouble.retries ? fc.constantFrom(0, 0, 0, 1, 2) : fc.constant(0),
    isRetryLost: seldom(trouble.losesWebhooks),
    isReceivedTwice: seldom(trouble.retries),
    replayedAfter: trouble.replays
      ? fc.option(fc.integer({ min: 0, max: 2 * hour }), { freq: 6 })
      : fc.constant(null),
  });
}

function gaps(pace: Trouble["pace"]): fc.Arbitrary<number> {
  if (pace === "calm") return fc.integer({ min: 20 * minute, max: 2 * day });
  return fc.oneof(
    fc.integer({ min: 1, max: 900 }),
    fc.integer({ min: 1, max: 10 * second }),
    fc.integer({ min: 1, max: 10 * minute }),
    fc.integer({ min: 1, max: 2 * day }),
  );
}

/** Lives of issues with these troubles. */
export function lives(trouble: Trouble): fc.Arbitrary<Life> {
  const fate = fates(trouble);
  const onItsWay = { toFirst: fate, toSecond: fate, asAlert: fate };
  const ofCreation = trouble.delaysCreation ? fate : fate.map((one) => ({ ...one, delay: 0 }));
  return fc
    .record({
      /** Milliseconds into a second. */
      start: fc.integer({ min: 0, max: 999 }),
      /** Issues of some categories have no `created`. */
      isCreationTold: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      isAssignedAtOnce: fc.boolean(),
      hasSecondInstallation: fc.boolean(),
      hasAlerts: fc.boolean(),
      /** Only the newest Sentry sends them. */
      hasIdempotencyKeys: fc.boolean(),
      creation: fc.record({ toFirst: ofCreation, toSecond: ofCreation, asAlert: fate }),
      acts: fc.array(fc.record({ act: fc.constantFrom(...acts), gap: gaps(trouble.pace), ...onItsWay }), {
        maxLength: 12,
      }),
    })
    .map((script) => live(script, trouble));
}

type OnItsWay = { readonly toFirst: Fate; readonly toSecond: Fate; readonly asAlert: Fate };

type Script = {
  readonly start: number;
  readonly isCreationTold: boolean;
  readonly isAssignedAtOnce: boolean;
  readonly hasSecondInstallation: boolean;
  readonly hasAlerts: boolean;
  readonly hasIdempotencyKeys: boolean;
  readonly creation: OnItsWay;
  readonly acts: readonly ({ readonly act: Act; readonly gap: number } & OnItsWay)[];
};

/** The issue from a time on. */
type Moment = {
  readonly at: number;
  readonly state: State;
  /** Epoch milliseconds. */
  readonly lastSeen: number;
  readonly count: number;
  readonly assignee: Assignee | null;
};

type Webhook = {
  readonly resource: Facts["resource"];
  readonly action: string;
  readonly actor: Actor;
  /** When it happened. */
  readonly at: number;
  readonly installation: string;
  readonly key: string;
  readonly assigns: Assignee | null;
};

type Received = Omit<Facts, "delivery">;

const smooth: Fate = {
  delay: 100,
  stampedAfter: 0,
  isLost: false,
  retries: 0,
  isRetryLost: false,
  isReceivedTwice: false,
  replayedAfter: null,
};

function live(script: Script, trouble: Trouble): Life {
  const first: Moment = {
    at: Date.parse("2026-10-10T08:00:00Z") + script.start,
    state: unresolved("new"),
    lastSeen: Date.parse("2026-10-10T08:00:00Z") + script.start,
    count: 1,
    assignee: null,
  };
  const moments: Moment[] = [first];
  const told: { readonly webhook: Webhook; readonly fate: Fate }[] = [];
  const changed: { readonly at: number; readonly to: State; readonly isTold: boolean }[] = [];

  const tell = (action: string, alert: string | null, by: Actor, at: number, way: OnItsWay): void => {
    const key = `${action} ${at}`;
    const assigns = action === "assigned" ? moments.at(-1)!.assignee : null;
    const webhook = { resource: "issue", action, actor: by, at, key, assigns } as const;
    if (action !== "") {
      told.push({ webhook: { ...webhook, installation: "first" }, fate: way.toFirst });
      if (script.hasSecondInstallation)
        told.push({ webhook: { ...webhook, installation: "second" }, fate: way.toSecond });
    }
    if (script.hasAlerts && alert !== null) {
      const said = {
        ...webhook,
        resource: "activity",
        action: alert,
        key: `${alert} ${at}`,
        assigns: null,
      } as const;
      told.push({ webhook: { ...said, installation: "first" }, fate: way.asAlert });
    }
  };
  const assigneeAfter = (act: Act, moment: Moment): Assignee | null => {
    if (act !== "assign" && act !== "claim") return moment.assignee;
    return { type: "USER", sentryId: String(moments.length), name: `User ${moments.length}`, email: null };
  };

  if (script.isAssignedAtOnce) {
    moments.push({ ...first, assignee: assigneeAfter("assign", first) });
    tell("assigned", null, sentry, first.at, script.creation);
  }
  changed.push({ at: first.at, to: first.state, isTold: script.isCreationTold });
  if (script.isCreationTold) tell("created", null, sentry, first.at, script.creation);

  let { at } = first;
  const happen = (act: Act, gap: number, way: OnItsWay): void => {
    at += act === "settle" ? gap + 7 * day : gap;
    const before = moments.at(-1)!;
    const effect = effectOf(act, before.state);
    if (effect === null) return;
    const { to, webhook, alert, by, occurs } = effect;
    const { lastSeen, count } = before;
    const seen = occurs ? { lastSeen: at, count: count + 1 } : { lastSeen, count };
    moments.push({ at, state: to, ...seen, assignee: assigneeAfter(act, before) });
    if (to !== before.state)
      changed.push({ at, to, isTold: webhook !== null || (script.hasAlerts && alert !== null) });
    // If an act both assigns and resolves, assigning comes first.
    if (act === "claim") tell("assigned", null, by, at, { ...way, asAlert: way.toSecond });
    tell(webhook ?? "", alert, by, at, way);
  };
  for (const { act, gap, ...way } of script.acts) happen(act, gap, way);
  if (trouble.endsQuietly) {
    const way = { toFirst: smooth, toSecond: smooth, asAlert: smooth };
    happen("occur", 3 * hour, way);
    happen("assign", minute, way);
  }

  const received = told
    .flatMap(({ webhook, fate }) => deliver(webhook, fate, moments, script.hasIdempotencyKeys))
    .sort((a, b) => a.sentAt - b.sentAt);
  const shownBefore = (time: number): State | null =>
    received.findLast(({ sentAt }) => sentAt < time - (time % 1000))?.state ?? null;
  return {
    deliveries: received.map((facts, i) => ({ ...facts, delivery: i + 1 })),
    changes: changed.map((change) => ({ ...change, shownBefore: shownBefore(change.at) })),
    state: moments.at(-1)!.state,
  };
}

/** What is received of one webhook. */
function deliver(
  webhook: Webhook,
  fate: Fate,
  moments: readonly Moment[],
  hasIdempotencyKeys: boolean,
): readonly Received[] {
  const received: Received[] = [];
  for (let attempt = 0; attempt <= fate.retries; attempt += 1) {
    if (attempt === 0 ? fate.isLost : fate.isRetryLost) continue;
    const takenAt = webhook.at + fate.delay + attempt * 5 * minute;
    const { installation, action } = webhook;
    // `created` is passed on by value. All others show the issue as it is when they are sent.
    const shown = action === "created" ? moments[0]! : moments.findLast(({ at }) => at <= takenAt)!;
    const body = [
      installation,
      action,
      webhook.resource,
      webhook.actor,
      webhook.assigns,
      { ...shown, at: null },
    ];
    const sha256 = createHash("sha256").update(JSON.stringify(body)).digest("hex");
    const request = `${webhook.key} ${installation} ${attempt}`;
    const facts: Received = {
      sentAt: secondOf(takenAt + fate.stampedAfter),
      resource: webhook.resource,
      action,
      claim: claimOf(action),
      state: shown.state,
      lastSeen: shown.lastSeen * 1000,
      count: shown.count,
      assignee: webhook.assigns ?? shown.assignee,
      namesProject: true,
      actor: webhook.actor,
      idempotencyKey: hasIdempotencyKeys ? `${webhook.key} ${installation}` : null,
      requestId: request,
      sha256,
      snapshotHash: JSON.stringify({ ...shown, at: null }),
    };
    received.push(facts);
    if (fate.isReceivedTwice) received.push({ ...facts, sentAt: facts.sentAt + second });
    if (fate.replayedAfter !== null) {
      const sentAt = secondOf(takenAt + fate.stampedAfter + fate.replayedAfter);
      received.push({ ...facts, sentAt, requestId: `${request} replayed`, idempotencyKey: null });
    }
  }
  return received;
}

function secondOf(time: number): number {
  return time - (time % second);
}

function claimOf(action: string): Claim | null {
  switch (action) {
    case "created":
    case "unresolved":
    case "status_unresolved":
    case "status_regression":
    case "status_escalating":
      return "unresolved";
    case "resolved":
    case "status_resolved":
      return "resolved";
    case "ignored":
    case "status_ignored":
      return "ignored";
    default:
      return null;
  }
}
