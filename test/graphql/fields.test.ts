import {
  getNamedType,
  isObjectType,
  isIntrospectionType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import type { Json } from "../../src/domain/issue.ts";
import { nodeId } from "../../src/domain/node-id.ts";
import { schema } from "../../src/graphql/schema.ts";
import {
  at,
  checkout,
  delivery,
  epoch,
  event,
  fields,
  issue,
  minutes,
  now,
  resolved,
  transition,
  unresolved,
} from "./builders.ts";
import type { Known } from "./fake-reader.ts";
import { gateway } from "./gateway.ts";

/*
 * One issue of which everything is known: opened by delivery 1, assigned by 2, resolved by 3, which also brought what
 * event 4 then corrected.
 */
const ada = { type: "USER", sentryId: "7", name: "Ada", email: "ada@acme.test" } as const;
const core = { type: "TEAM", sentryId: "3", name: "core", email: null } as const;
const byAda = { type: "USER", sentryId: "7", name: "Ada" } as const;

const shown = fields({
  shortId: "CHECKOUT-1A2",
  title: "TypeError: x is not a function",
  culprit: "pay(cart)",
  statusRaw: "resolved",
  substatusRaw: null,
  statusDetails: { inRelease: "1.2.3" },
  levelRaw: "fatal",
  priorityRaw: "high",
  category: "error",
  issueType: "error",
  platform: "javascript",
  project: checkout,
  assignee: ada,
  isUnhandled: true,
  count: 2 ** 40,
  userCount: 12,
  firstSeen: minutes(-600),
  lastSeen: minutes(-1),
});

const opened = event(1, {
  action: "CREATED",
  actionRaw: "created",
  transition: transition(null, unresolved, "OPENED"),
  assignee: core,
});
const assigned = event(2, {
  delivery: 2,
  action: "ASSIGNED",
  actionRaw: "assigned",
  actor: byAda,
  assignee: ada,
});
const superseded = event(3, {
  delivery: 3,
  source: "INFERRED",
  action: "RESOLVED",
  occurredAfter: minutes(2),
  assignee: ada,
  transition: transition(unresolved, resolved, "RESOLVED"),
  supersededBy: 4,
});
const closed = event(4, {
  place: Uint8Array.of(3),
  delivery: 3,
  action: "RESOLVED",
  actionRaw: "resolved",
  actor: byAda,
  assignee: ada,
  transition: transition(unresolved, resolved, "RESOLVED"),
  resolutionType: "in_release",
  isLate: true,
  supersedes: 3,
});

const raw: Json = JSON.parse('{"id":"4501","__proto__":{"kept":true},"count":"1099511627776"}') as Json;

const known: Known = {
  issues: [issue("4501", shown, { state: resolved, statusSince: minutes(4), shown: 3 })],
  details: new Map([
    [
      "4501",
      {
        type: "error",
        logger: "app",
        organization: "acme",
        metadata: { type: "TypeError", value: "x is not a function" },
        annotations: [{ displayName: "ACME-7", url: "https://jira.test/ACME-7" }],
        numComments: 2 ** 31 - 1,
        isPublic: true,
        shareId: "abc",
        priorityLockedAt: minutes(-60),
        seerFixabilityScore: 0.75,
        seerAutofixLastTriggered: minutes(-30),
        webUrl: "https://acme.sentry.test/issues/4501/",
        apiUrl: "https://sentry.test/api/0/issues/4501/",
        projectUrl: "https://acme.sentry.test/projects/checkout/",
        permalink: "https://acme.sentry.test/permalink/4501/",
      },
    ],
  ]),
  raw: new Map([["4501", raw]]),
  events: [opened, assigned, superseded, closed],
  projects: [checkout],
  deliveries: [
    delivery(1, {
      requestId: "6b1f5d0c4a3e4b8f9d2c1a0b9e8f7d6c",
      idempotencyKey: "k1",
      installationId: "i1",
    }),
    delivery(2, { outcome: "DUPLICATE", reason: "the same bytes", repeatOf: 1, isRequestIdReused: true }),
    delivery(3, { resource: null, action: null, bytes: 9 }),
  ],
  snapshots: new Map([
    [1, fields({ title: "As it was" })],
    [3, shown],
  ]),
  bodies: new Map([[1, Buffer.from('\ufeff{"ö":1}\xff', "latin1")]]),
  bounds: { newest: 4, oldest: 1 },
  lastDeliveryAt: minutes(-3),
  outcomeCounts: { APPLIED: 5, UNCHANGED: 4, DUPLICATE: 3, IGNORED: 2, QUARANTINED: 1 },
};

const iso = (time: number) => new Date(time).toISOString();

const issueQuery = `{
  issue(sentryId: "4501") {
    id sentryId shortId title culprit status statusRaw substatus substatusRaw statusSince
    statusDetails {
      inRelease inNextRelease inCommit { id message repository raw } ignoreCount ignoreWindow ignoreUserCount
      ignoreUserWindow ignoreDuration ignoreUntil autoResolved actor { type sentryId name } raw
    }
    level levelRaw priority priorityRaw category issueType type platform logger isUnhandled count userCount
    firstSeen lastSeen project { id sentryId slug name platform issues { nodes { id } } } organization
    assignee { ... on User { id sentryId name email } ... on Team { id sentryId name } }
    metadata annotations { displayName url } numComments isPublic shareId priorityLockedAt seerFixabilityScore
    seerAutofixLastTriggered webUrl apiUrl projectUrl permalink raw
    events { totalCount nodes { id } }
    transitions { totalCount nodes { id } }
    statusSpans { state { status statusRaw substatus substatusRaw } startedAt endedAt seconds startedBy { id } }
  }
}`;

const eventsQuery = `{
  issue(sentryId: "4501") {
    events {
      nodes {
        id cursor issue { id } action actionRaw source actor { type sentryId name } occurredAt occurredAfter receivedAt
        isLate resolutionType transition { id } supersedes { id } supersedesAll { id } supersededBy { id }
        previousAssignee { ... on User { name } ... on Team { name } } assignee { ... on User { name } ... on Team { name } }
        delivery { id }
      }
    }
  }
}`;

const transitionsQuery = `{
  transitions(orderBy: { field: CURSOR, direction: ASC }) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor }
    nodes {
      id cursor issue { id } from { status } to { status statusRaw substatus substatusRaw } kind source
      actor { name } occurredAt occurredAfter receivedAt isLate resolutionType statusDetails { inRelease }
      secondsInPreviousState event { id snapshot }
    }
  }
}`;

const deliveriesQuery = `{
  deliveries {
    totalCount pageInfo { hasNextPage } edges { cursor node { id } }
    nodes {
      id cursor receivedAt sentAt resource action requestId isRequestIdReused idempotencyKey installationId outcome
      reason repeatOf { id } body bytes events { id }
    }
  }
}`;

const feedQuery = `{
  feed {
    cursor oldestCursor epoch lastDeliveryAt silentForSeconds isSilent
    last24Hours { applied unchanged duplicate ignored quarantined } refusedSinceStart
  }
}`;

const listsQuery = `{
  issues { totalCount pageInfo { hasNextPage } edges { cursor node { id } } nodes { id } }
  projects { totalCount pageInfo { hasNextPage } edges { cursor node { id } } nodes { id } }
  project(slug: "checkout") { id }
  node(id: "${nodeId("Project", "11")}") { id }
  nodes(ids: []) { id }
  issue(sentryId: "4501") {
    events { pageInfo { hasNextPage } edges { cursor node { id } } }
    transitions { edges { cursor node { id } } }
  }
}`;

describe("a full issue", () => {
  it("shows every field", async () => {
    const { issue: answer } = await gateway(known).data<{ issue: object }>(issueQuery);
    expect(answer).toEqual({
      id: nodeId("Issue", "4501"),
      sentryId: "4501",
      shortId: "CHECKOUT-1A2",
      title: "TypeError: x is not a function",
      culprit: "pay(cart)",
      status: "RESOLVED",
      statusRaw: "resolved",
      substatus: null,
      substatusRaw: null,
      statusSince: iso(minutes(4)),
      statusDetails: {
        inRelease: "1.2.3",
        inNextRelease: null,
        inCommit: null,
        ignoreCount: null,
        ignoreWindow: null,
        ignoreUserCount: null,
        ignoreUserWindow: null,
        ignoreDuration: null,
        ignoreUntil: null,
        autoResolved: null,
        actor: null,
        raw: { inRelease: "1.2.3" },
      },
      level: "FATAL",
      levelRaw: "fatal",
      priority: "HIGH",
      priorityRaw: "high",
      category: "error",
      issueType: "error",
      type: "error",
      platform: "javascript",
      logger: "app",
      isUnhandled: true,
      count: 2 ** 40,
      userCount: 12,
      firstSeen: iso(minutes(-600)),
      lastSeen: iso(minutes(-1)),
      project: {
        id: nodeId("Project", "11"),
        sentryId: "11",
        slug: "checkout",
        name: "Checkout",
        platform: "python",
        issues: { nodes: [{ id: nodeId("Issue", "4501") }] },
      },
      organization: "acme",
      assignee: { id: nodeId("User", "7"), sentryId: "7", name: "Ada", email: "ada@acme.test" },
      metadata: { type: "TypeError", value: "x is not a function" },
      annotations: [{ displayName: "ACME-7", url: "https://jira.test/ACME-7" }],
      numComments: 2 ** 31 - 1,
      isPublic: true,
      shareId: "abc",
      priorityLockedAt: iso(minutes(-60)),
      seerFixabilityScore: 0.75,
      seerAutofixLastTriggered: iso(minutes(-30)),
      webUrl: "https://acme.sentry.test/issues/4501/",
      apiUrl: "https://sentry.test/api/0/issues/4501/",
      projectUrl: "https://acme.sentry.test/projects/checkout/",
      permalink: "https://acme.sentry.test/permalink/4501/",
      raw,
      events: {
        totalCount: 3,
        nodes: ["d1.report", "d2.report", "d4.report"].map((id) => ({ id: nodeId("IssueEvent", id) })),
      },
      transitions: {
        totalCount: 2,
        nodes: ["d1.report", "d4.report"].map((id) => ({ id: nodeId("StatusTransition", id) })),
      },
      statusSpans: [
        {
          state: { status: "UNRESOLVED", statusRaw: "unresolved", substatus: "NEW", substatusRaw: "new" },
          startedAt: iso(minutes(1)),
          endedAt: iso(minutes(4)),
          seconds: 180,
          startedBy: { id: nodeId("StatusTransition", "d1.report") },
        },
        {
          state: { status: "RESOLVED", statusRaw: "resolved", substatus: null, substatusRaw: null },
          startedAt: iso(minutes(4)),
          endedAt: null,
          seconds: null,
          startedBy: { id: nodeId("StatusTransition", "d4.report") },
        },
      ],
    });
  });

  it("keeps raw's own keys, __proto__ among them", async () => {
    const response = await gateway(known).post({ query: '{ issue(sentryId: "4501") { raw } }' });
    expect(await response.text()).toContain(
      '{"id":"4501","__proto__":{"kept":true},"count":"1099511627776"}',
    );
  });

  it("shows every field of its events", async () => {
    const answer = await gateway(known).data<{ issue: { events: { nodes: object[] } } }>(eventsQuery);
    expect(answer.issue.events.nodes).toEqual([
      {
        id: nodeId("IssueEvent", "d1.report"),
        cursor: cursorOf(at(1)),
        issue: { id: nodeId("Issue", "4501") },
        action: "CREATED",
        actionRaw: "created",
        source: "REPORTED",
        actor: null,
        occurredAt: iso(minutes(1)),
        occurredAfter: null,
        receivedAt: iso(minutes(1)),
        isLate: false,
        resolutionType: null,
        transition: { id: nodeId("StatusTransition", "d1.report") },
        supersedes: null,
        supersedesAll: [],
        supersededBy: null,
        previousAssignee: null,
        assignee: { name: "core" },
        delivery: { id: nodeId("Delivery", "1") },
      },
      {
        id: nodeId("IssueEvent", "d2.report"),
        cursor: cursorOf(at(2)),
        issue: { id: nodeId("Issue", "4501") },
        action: "ASSIGNED",
        actionRaw: "assigned",
        source: "REPORTED",
        actor: byAda,
        occurredAt: iso(minutes(2)),
        occurredAfter: null,
        receivedAt: iso(minutes(2)),
        isLate: false,
        resolutionType: null,
        transition: null,
        supersedes: null,
        supersedesAll: [],
        supersededBy: null,
        previousAssignee: { name: "core" },
        assignee: { name: "Ada" },
        delivery: { id: nodeId("Delivery", "2") },
      },
      {
        id: nodeId("IssueEvent", "d4.report"),
        cursor: cursorOf(at(4)),
        issue: { id: nodeId("Issue", "4501") },
        action: "RESOLVED",
        actionRaw: "resolved",
        source: "REPORTED",
        actor: byAda,
        occurredAt: iso(minutes(4)),
        occurredAfter: null,
        receivedAt: iso(minutes(4)),
        isLate: true,
        resolutionType: "in_release",
        transition: { id: nodeId("StatusTransition", "d4.report") },
        supersedes: { id: nodeId("IssueEvent", "d3.report") },
        supersedesAll: [{ id: nodeId("IssueEvent", "d3.report") }],
        supersededBy: null,
        previousAssignee: { name: "Ada" },
        assignee: { name: "Ada" },
        delivery: { id: nodeId("Delivery", "3") },
      },
    ]);
  });

  it("shows what replaced a superseded event", async () => {
    const answer = await gateway(known).data(
      `{ node(id: "${nodeId("IssueEvent", "d3.report")}") { ... on IssueEvent { source supersededBy { id } } } }`,
    );
    expect(answer).toEqual({
      node: { source: "INFERRED", supersededBy: { id: nodeId("IssueEvent", "d4.report") } },
    });
  });

  it("shows every field of its transitions", async () => {
    const answer = await gateway(known).data<{ transitions: { totalCount: number; nodes: object[] } }>(
      transitionsQuery,
    );
    expect(answer.transitions.totalCount).toBe(2);
    expect(answer.transitions.nodes[1]).toEqual({
      id: nodeId("StatusTransition", "d4.report"),
      cursor: cursorOf(at(4)),
      issue: { id: nodeId("Issue", "4501") },
      from: { status: "UNRESOLVED" },
      to: { status: "RESOLVED", statusRaw: "resolved", substatus: null, substatusRaw: null },
      kind: "RESOLVED",
      source: "REPORTED",
      actor: { name: "Ada" },
      occurredAt: iso(minutes(4)),
      occurredAfter: null,
      receivedAt: iso(minutes(4)),
      isLate: true,
      resolutionType: "in_release",
      statusDetails: { inRelease: "1.2.3" },
      secondsInPreviousState: 180,
      event: {
        id: nodeId("IssueEvent", "d4.report"),
        snapshot: {
          sentryId: "4501",
          shortId: "CHECKOUT-1A2",
          title: "TypeError: x is not a function",
          culprit: "pay(cart)",
          status: "RESOLVED",
          substatus: null,
          level: "FATAL",
          priority: "HIGH",
          category: "error",
          issueType: "error",
          platform: "javascript",
          project: { sentryId: "11", slug: "checkout" },
          assignee: { sentryId: "7", email: "ada@acme.test", name: "Ada", type: "USER" },
          isUnhandled: true,
          count: 2 ** 40,
          userCount: 12,
          firstSeen: iso(minutes(-600)),
          lastSeen: iso(minutes(-1)),
        },
      },
    });
    expect(answer.transitions.nodes[0]).toMatchObject({
      from: null,
      kind: "OPENED",
      secondsInPreviousState: null,
    });
  });
});

describe("an issue", () => {
  const raws =
    '{ issue(sentryId: "1") { status statusRaw substatus substatusRaw level levelRaw priority priorityRaw } }';

  it("has an enum value for what this version does not know, and the text beside it", async () => {
    const odd = issue(
      "1",
      { statusRaw: "muted", substatusRaw: "asleep", levelRaw: "doom", priorityRaw: "urgent" },
      { state: { status: "muted", substatus: "asleep" } },
    );
    expect(await gateway({ issues: [odd] }).data(raws)).toEqual({
      issue: {
        status: "OTHER",
        statusRaw: "muted",
        substatus: "OTHER",
        substatusRaw: "asleep",
        level: "UNKNOWN",
        levelRaw: "doom",
        priority: null,
        priorityRaw: "urgent",
      },
    });
  });

  it("shows the substatus as sent, where the status is the one that it came with", async () => {
    const odd = issue("1", { statusRaw: "resolved", substatusRaw: "ongoing" }, { state: resolved });
    expect(await gateway({ issues: [odd] }).data(raws)).toMatchObject({
      issue: { status: "RESOLVED", substatus: null, substatusRaw: "ongoing" },
    });
  });

  it("shows the substatus of its history, where its last delivery shows another status", async () => {
    const late = issue("1", { statusRaw: "unresolved", substatusRaw: "ongoing" }, { state: resolved });
    expect(await gateway({ issues: [late] }).data(raws)).toMatchObject({
      issue: { status: "RESOLVED", statusRaw: "resolved", substatusRaw: null },
    });
  });

  it("is found by each of its ids", async () => {
    const { data } = gateway(known);
    const found = { issue: { sentryId: "4501" } };
    expect(await data('{ issue(sentryId: "4501") { sentryId } }')).toEqual(found);
    expect(await data('{ issue(shortId: "CHECKOUT-1A2", id: null) { sentryId } }')).toEqual(found);
    expect(await data(`{ issue(id: "${nodeId("Issue", "4501")}") { sentryId } }`)).toEqual(found);
  });

  it("is null where there is none, and for an id of another type", async () => {
    const { data } = gateway(known);
    for (const key of [
      'sentryId: "1"',
      'shortId: "X-1"',
      'id: "rubbish"',
      `id: "${nodeId("Project", "4501")}"`,
    ]) {
      expect(await data(`{ issue(${key}) { id } }`)).toEqual({ issue: null });
    }
  });

  it.each(["issue { id }", 'issue(sentryId: "1", shortId: "X-1") { id }', "issue(id: null) { id }"])(
    "wants exactly one id: %s",
    async (field) => {
      expect(await gateway(known).codes(`{ ${field} }`)).toEqual(["BAD_USER_INPUT"]);
    },
  );
});

describe("a delivery", () => {
  it("shows every field, newest first", async () => {
    const { deliveries } = await gateway(known).data<{ deliveries: { totalCount: number; nodes: object[] } }>(
      deliveriesQuery,
    );
    expect(deliveries.totalCount).toBe(3);
    expect(deliveries.nodes).toEqual([
      {
        id: nodeId("Delivery", "3"),
        cursor: cursorOf(at(3)),
        receivedAt: iso(minutes(3)),
        sentAt: iso(minutes(3)),
        resource: null,
        action: null,
        requestId: null,
        isRequestIdReused: false,
        idempotencyKey: null,
        installationId: null,
        outcome: "APPLIED",
        reason: null,
        repeatOf: null,
        body: null,
        bytes: 9,
        events: [{ id: nodeId("IssueEvent", "d3.report") }, { id: nodeId("IssueEvent", "d4.report") }],
      },
      {
        id: nodeId("Delivery", "2"),
        cursor: cursorOf(at(2)),
        receivedAt: iso(minutes(2)),
        sentAt: iso(minutes(2)),
        resource: "issue",
        action: "created",
        requestId: null,
        isRequestIdReused: true,
        idempotencyKey: null,
        installationId: null,
        outcome: "DUPLICATE",
        reason: "the same bytes",
        repeatOf: { id: nodeId("Delivery", "1") },
        body: null,
        bytes: 2,
        events: [{ id: nodeId("IssueEvent", "d2.report") }],
      },
      {
        id: nodeId("Delivery", "1"),
        cursor: cursorOf(at(1)),
        receivedAt: iso(minutes(1)),
        sentAt: iso(minutes(1)),
        resource: "issue",
        action: "created",
        requestId: "6b1f5d0c4a3e4b8f9d2c1a0b9e8f7d6c",
        isRequestIdReused: false,
        idempotencyKey: "k1",
        installationId: "i1",
        outcome: "APPLIED",
        reason: null,
        repeatOf: null,
        body: '\ufffd{"\ufffd":1}\ufffd',
        bytes: 2,
        events: [{ id: nodeId("IssueEvent", "d1.report") }],
      },
    ]);
  });
});

describe("the feed", () => {
  it("shows every field", async () => {
    const { data } = gateway(known, { feed: { silenceAfterMs: 60_000, refusedSinceStart: () => 8 } });
    // Without its cursor: that reads in a transaction.
    expect(await data(feedQuery.replace("cursor oldestCursor", "oldestCursor"))).toEqual({
      feed: {
        oldestCursor: cursorOf(at(1)),
        epoch,
        lastDeliveryAt: iso(minutes(-3)),
        silentForSeconds: 180,
        isSilent: true,
        last24Hours: { applied: 5, unchanged: 4, duplicate: 3, ignored: 2, quarantined: 1 },
        refusedSinceStart: 8,
      },
    });
  });

  const silence = "{ feed { silentForSeconds isSilent } }";

  it("is not silent for exactly as long as is allowed", async () => {
    const { data } = gateway(known, { feed: { silenceAfterMs: 180_000, refusedSinceStart: () => 0 } });
    expect(await data(silence)).toEqual({ feed: { silentForSeconds: 180, isSilent: false } });
  });

  it("does not say whether it is silent when nobody said how long that takes", async () => {
    expect(await gateway(known).data(silence)).toEqual({ feed: { silentForSeconds: 180, isSilent: null } });
  });

  it("is not silent before the first delivery", async () => {
    const { data } = gateway({}, { feed: { silenceAfterMs: 1, refusedSinceStart: () => 0 } });
    expect(await data(silence)).toEqual({ feed: { silentForSeconds: null, isSilent: null } });
  });

  it("counts the last 24 hours, and only if that is asked for", async () => {
    const { data, reader } = gateway(known);
    await data("{ feed { silentForSeconds lastDeliveryAt isSilent } }");
    const counted = () => reader.asked.filter(({ name }) => name === "outcomeCounts");
    expect(counted()).toEqual([]);
    await data("{ feed { last24Hours { applied duplicate } } }");
    expect(counted()).toEqual([{ name: "outcomeCounts", args: [{ since: now - 24 * 60 * 60_000 }] }]);
  });
});

describe("the lists", () => {
  it("answer", async () => {
    const answer = await gateway(known).data<{ issues: object; projects: object; project: object }>(
      listsQuery,
    );
    const page = (id: string) => ({
      totalCount: 1,
      pageInfo: { hasNextPage: false },
      edges: [{ cursor: expect.any(String), node: { id } }],
      nodes: [{ id }],
    });
    expect(answer).toMatchObject({
      issues: page(nodeId("Issue", "4501")),
      projects: page(nodeId("Project", "11")),
      project: { id: nodeId("Project", "11") },
    });
  });
});

describe("these tests", () => {
  it("name every field of a query's types", () => {
    const named = new Set<string>();
    for (const query of [issueQuery, eventsQuery, transitionsQuery, deliveriesQuery, feedQuery, listsQuery]) {
      const info = new TypeInfo(schema);
      visit(
        parse(query),
        visitWithTypeInfo(info, {
          Field: () => {
            named.add(`${getNamedType(info.getParentType())?.name}.${info.getFieldDef()?.name}`);
          },
        }),
      );
    }
    // Superseded events are shown by a query of their own, subscriptions by `subscriptions.test.ts`, statistics by
    // `statistics.test.ts`.
    const elsewhere =
      /^(Subscription|IssueChange|StatusTransitioned|IssueStats|FlowBucket|DurationStats|\w+Count|StatusDuration)\.|^Query\.issueStats$/;
    const missing = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && !isIntrospectionType(type))
      .flatMap((type) =>
        isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
      )
      .filter((field) => !named.has(field) && !elsewhere.test(field));
    expect(missing).toEqual([]);
  });
});
