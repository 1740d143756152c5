import { execute, parse, validate } from "graphql";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import { createContext } from "../../src/graphql/context.ts";
import { schema } from "../../src/graphql/schema.ts";
import { statusDetailsOf } from "../../src/sentry/status-details.ts";
import { createParsePool } from "../../src/sentry/parse-pool.ts";
import { createReceiver } from "../../src/sentry/receive.ts";
import type { Store } from "../../src/store/store.ts";
import { createSelector } from "../graphql/every-field.ts";
import { clientSecret, corpusBody, entries } from "../sentry/corpus.ts";
import { recordedReport } from "../sentry/recorded-report.ts";
import { at, told, webhook } from "../store/deliveries.ts";

/** Deliveries of every kind, and questions about everything. The answers must not depend on the database. */

/** The receiver's clock. */
export const now = Date.UTC(2026, 11, 1);

/** The corpus as the receiver reads it, a life with corrections, and text that not every database accepts. */
export async function deliveries(): Promise<readonly IncomingDelivery[]> {
  const kept: IncomingDelivery[] = [];
  await using receiver = createReceiver({
    secrets: [clientSecret],
    bearer: null,
    append: async (delivery) => ({ delivery: kept.push(delivery), outcome: "APPLIED" }),
    now: () => now,
    report: recordedReport().report,
    parsePool: createParsePool(),
  });
  for (const { file, headers } of entries)
    await receiver.receive(Object.entries(headers).flat(), corpusBody(file));
  const odd =
    '{"action":"created","data":{"issue":{"id":"77","title":"a\\u0000b \\ud83d c","culprit":"\\udc00",';
  return [
    ...kept,
    ...lateLife,
    webhook(`${odd}"status":"unresolved","metadata":{"value":"\\u0000","\\ud800":"é𐍈"}}}}`, { at: 90 }),
    webhook('{"action":"created","data":{"comment":"\\u0000 \\udfff"}}', { at: 91 }),
  ];
}

/** Some arrive after deliveries that were sent later, so that events are corrected and measured again. */
const lateLife = [
  told({ issue: "70", at: 0 }),
  told({ issue: "70", at: 60, action: "assigned", status: "resolved" }),
  told({ issue: "70", at: 500, action: "unresolved", substatus: "regressed", count: 4 }),
  told({ issue: "70", at: 61, action: "resolved", status: "resolved", lastSeen: 60 }),
  told({
    issue: "70",
    at: 300,
    action: "ignored",
    status: "ignored",
    substatus: "archived_forever",
    count: 2,
  }),
  told({ issue: "70", at: 200, action: "unresolved", substatus: "escalating", count: 2 }),
  told({ issue: "70", at: 30, action: "assigned", status: "unresolved", title: "Another title" }),
];

const select = createSelector(schema);
const page = (type: string) => select.of(`${type}Connection`, 2);
const period = '{ from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }';
const orders = ["LAST_SEEN", "FIRST_SEEN", "STATUS_SINCE", "COUNT", "USER_COUNT", "PRIORITY"];

/** Fields of the Query type with their selections. */
export const questions = [
  `issues(first: 100) ${page("Issue")}`,
  ...orders.flatMap((field) =>
    ["ASC", "DESC"].map(
      (direction) =>
        `issues(first: 100, orderBy: { field: ${field}, direction: ${direction} }) { totalCount edges { cursor node { sentryId } } }`,
    ),
  ),
  `issues(last: 7, filter: { or: [{ search: "error" }, { title: { contains: "É" } }] }) ${page("Issue")}`,
  'issues(filter: { search: "\\u0000" }) { totalCount }',
  'issues(filter: { title: { contains: "\\ufffd" } }) { totalCount edges { node { title culprit } } }',
  `transitions(first: 100) ${page("StatusTransition")}`,
  `deliveries(first: 100) ${page("Delivery")}`,
  `projects ${page("Project")}`,
  `issueStats(period: ${period}) ${select.of("IssueStats", 2)}`,
  `issueStats(filter: { not: { search: "x" } }, period: ${period}) ${select.of("IssueStats", 2)}`,
  `feed ${select.of("Feed", 2)}`,
];

/** The answer as a client gets it. Throws if the question is not valid. */
export async function answerOf(store: Store, question: string): Promise<string> {
  const document = parse(`{ ${question} }`);
  const faults = validate(schema, document);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const services = {
    store,
    recentBounds: store.reader.bounds,
    statusDetailsOf,
    feed: { silenceAfterMs: 1, refusedSinceStart: () => 3 },
    mostValues: 25_000,
    clock: () => at(1000),
  };
  const contextValue = createContext(services, { viewer: unlimitedAdmin, lastEventId: null });
  return JSON.stringify(await execute({ schema, document, contextValue }));
}
