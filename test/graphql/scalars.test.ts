import { expect, it } from "vitest";
import { gateway } from "./gateway.ts";

const time = "DateTimeOrDuration must be an RFC 3339 time, or an ISO-8601 duration from now like -P7D";
const whole = "BigInt must be a whole number between -9007199254740991 and 9007199254740991";
const filter = (text: string) => `{ issues(filter: ${text}) { totalCount } }`;

/** What is said of each wrong value, and where that is in the document, which has one line. */
async function told(query: string, variables: object = {}) {
  const { errors = [] } = await gateway({ issues: [] }).ask(query, variables);
  return errors.map(({ message, locations = [], extensions }) => ({
    message,
    at: locations.map(({ column }) => query.slice(column - 1, column + 5)),
    code: extensions.code,
  }));
}

it.each([
  [
    "a time",
    filter('{ lastSeen: { gt: "yesterday" }, firstSeen: { lt: "-P1D" } }'),
    '"yeste',
    `${time}, not "yesterday".`,
  ],
  ["a time that is a number", filter("{ lastSeen: { gt: 5 } }"), "5 } })", `${time}, not 5.`],
  ["a number", filter("{ count: { gt: 1.5 } }"), "1.5 } ", `${whole}, not 1.5.`],
  ["a number that is a list", filter("{ count: { gt: [1] } }"), "[1] } ", `${whole}, not [1].`],
  [
    "one in a list",
    filter('{ and: [{ count: { gt: 1 } }, { count: { gt: "x" } }] }'),
    '"x" } ',
    `${whole}, not "x".`,
  ],
  [
    "one in a fragment",
    `{ ...F } fragment F on Query { issueStats(period: { from: "x" }) { total } }`,
    '"x" })',
    `${time}, not "x".`,
  ],
  [
    "the default of a variable",
    `query ($f: IssueFilter = { count: { gt: "x" } }) { issues(filter: $f) { totalCount } }`,
    '"x" } ',
    `${whole}, not "x".`,
  ],
  [
    "a cursor",
    "subscription { issueChanged(after: 5) { cursor } }",
    "5) { c",
    "Cursor must be a cursor, which is a string, not 5.",
  ],
  [
    "a long one",
    filter(`{ lastSeen: { gt: "${"x".repeat(1_000)}" } }`),
    '"xxxxx',
    `${time}, not "${"x".repeat(199)}….`,
  ],
])("a wrong value in the document is told with its place and value: %s", async (_, query, at, message) => {
  expect(await told(query)).toEqual([{ message, at: [at], code: "GRAPHQL_VALIDATION_FAILED" }]);
});

it("a wrong value in a variable is told with its path and value", async () => {
  const query = "query ($f: IssueFilter) { issues(filter: $f) { totalCount } }";
  expect(await told(query, { f: { lastSeen: { gt: "yesterday" }, count: { gt: 1.5 } } })).toEqual([
    {
      message: `Variable "$f" got invalid value 1.5 at "f.count.gt"; ${whole}.`,
      at: ["$f: Is"],
      code: "BAD_USER_INPUT",
    },
    {
      message: `Variable "$f" got invalid value "yesterday" at "f.lastSeen.gt"; ${time}.`,
      at: ["$f: Is"],
      code: "BAD_USER_INPUT",
    },
  ]);
});
