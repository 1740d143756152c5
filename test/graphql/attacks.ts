import { nodeId } from "../../src/domain/node-id.ts";

/**
 * A request that asks for too much, or for what it should not, and the code that refuses it; null if it is answered.
 */
export type Attack = {
  readonly query: string;
  /** JSON text, because some are nested too deep for `JSON.stringify`. */
  readonly variables?: string;
  readonly code: string | null;
  /** The error is that of one field, so the answer has data. */
  readonly isOfField?: true;
};

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(" ");

const nested = (levels: number, open: string, inner: string, close: string) =>
  open.repeat(levels) + inner + close.repeat(levels);

const notNested = (levels: number): string =>
  `{"filter":${nested(levels, '{"not":', '{"title":{"eq":"x"}}', "}")}}`;

/** An object with this many fields, none of them in the schema. */
export const manyFields = (count: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, 1]));

/** The attack as the body of a POST. */
export function bodyOf({ query, variables = "{}" }: Attack): string {
  return `{"query":${JSON.stringify(query)},"variables":${variables}}`;
}

const fragmentNames = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");

/** What GraphiQL's introspection asks of each field. */
const fragmentF = `fragment F on __Field { name description args { name description defaultValue type { ...T } } type { ...T } }
  fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

/** The attacks by means of GraphQL itself: Q1 to Q18, Q22 and Q23 of the reliability notes. */
export const attacks: Readonly<Record<string, Attack>> = {
  "Q1 depth": {
    query: nested(
      6,
      "{ projects(first: 1) { nodes { id issues(first: 1) { nodes { project { ",
      "id",
      "} } } } } }",
    ).replaceAll("project { {", "project {"),
    code: "GRAPHQL_PARSE_FAILED",
  },
  "Q1 depth, well formed": {
    query: `{ issues(first: 1) { nodes { ${nested(5, "project { issues(first: 1) { nodes { ", "id", "} } }")} } } }`,
    code: "QUERY_TOO_DEEP",
  },
  "Q2 aliases": {
    query: `{ ${times(100, (index) => `a${index}: issue(sentryId: "${index}") { id }`)} }`,
    code: "QUERY_TOO_COMPLEX",
  },
  "Q2 ten thousand aliases": {
    query: `{ ${times(5_000, (index) => `a${index}:issue(id:"${index}"){id}`)} }`.slice(0, 80_000),
    code: "GRAPHQL_PARSE_FAILED",
  },
  "Q3 amount": {
    query: "{ issues(first: 99999999) { nodes { id } } }",
    code: "BAD_USER_INPUT",
    isOfField: true,
  },
  "Q3 less than nothing": {
    query: "{ issues(first: -1) { nodes { id } } }",
    code: "BAD_USER_INPUT",
    isOfField: true,
  },
  "Q3 both ends": {
    query: "{ issues(first: 1, last: 1) { nodes { id } } }",
    code: "BAD_USER_INPUT",
    isOfField: true,
  },
  "Q3 more than an Int": {
    query: "{ issues(first: 2147483648) { nodes { id } } }",
    code: "GRAPHQL_VALIDATION_FAILED",
  },
  "Q3 nothing, which is legal": { query: "{ issues(first: 0) { nodes { id } } }", code: null },
  "Q4 product": {
    query:
      "{ issues(first: 100) { nodes { transitions(first: 100) { nodes { issue { transitions(first: 100) { nodes { id } } } } } } } }",
    code: "QUERY_TOO_COMPLEX",
  },
  "Q4 product by variables": {
    query:
      "query ($n: Int) { issues(first: $n) { nodes { transitions(first: $n) { nodes { issue { transitions(first: $n) { nodes { id } } } } } } } }",
    variables: '{"n":100}',
    code: "QUERY_TOO_COMPLEX",
  },
  "Q5 fragment bomb": {
    query: `{ ...A } ${times(9, (index) => {
      const next = fragmentNames[index + 1]!;
      return `fragment ${fragmentNames[index]!} on Query { ...${next} ...${next} ...${next} ...${next} }`;
    })} fragment J on Query { __typename }`,
    code: "QUERY_TOO_COMPLEX",
  },
  "Q6 fragment cycle": {
    query: "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    code: "GRAPHQL_VALIDATION_FAILED",
  },
  "Q7 directives": { query: `{ __typename ${"@skip(if: false) ".repeat(51)} }`, code: "QUERY_TOO_COMPLEX" },
  "Q7 unknown directives": { query: `{ __typename ${"@a".repeat(900)} }`, code: "QUERY_TOO_COMPLEX" },
  "Q8 open braces": { query: "{a".repeat(20_000), code: "GRAPHQL_PARSE_FAILED" },
  "Q8 a list within lists": { query: `{ issues(first: ${"[".repeat(20_000)}`, code: "GRAPHQL_PARSE_FAILED" },
  "Q8 as deep as tokens allow": { query: nested(990, "{a", "", "}"), code: "GRAPHQL_PARSE_FAILED" },
  "Q9 overlap": {
    query: `{ ${times(100, () => `... on Query { issues(first: 1) { ${times(20, () => "... on IssueConnection { nodes { id } }")} } }`)} }`,
    code: "GRAPHQL_PARSE_FAILED",
  },
  "Q9 overlap, as much as tokens allow": {
    query: `{ ${times(10, () => `... on Query { issues(first: 1) { ${times(17, () => "... on IssueConnection { nodes { id } }")} } }`)} }`,
    code: null,
  },
  "Q10 one field often": { query: `{ ${"__typename ".repeat(8_000)} }`, code: "GRAPHQL_PARSE_FAILED" },
  "Q11 introspection of introspection": {
    query: "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
    code: "GRAPHQL_VALIDATION_FAILED",
  },
  "Q11 the whole schema fifty times": {
    query: `{ ${times(50, (index) => `a${index}: __schema { types { name description fields { ...F } } }`)} } ${fragmentF}`,
    code: "QUERY_TOO_COMPLEX",
  },
  "Q11 the fields of all types fifty times": {
    query: `{ __schema { types { ${times(50, (index) => `a${index}: fields { ...F }`)} } } } ${fragmentF}`,
    code: "QUERY_TOO_COMPLEX",
  },
  "Q14 a list of many values": {
    query: "query ($ids: [String!]) { issues(filter: { sentryId: { in: $ids } }) { totalCount } }",
    variables: JSON.stringify({ ids: Array.from({ length: 1_001 }, (_, index) => String(index)) }),
    code: "BAD_USER_INPUT",
    isOfField: true,
  },
  "Q14 a pattern that is none": {
    query: "query ($text: String) { issues(filter: { search: $text }) { totalCount } }",
    variables: JSON.stringify({ text: "%a".repeat(20_000) }),
    code: null,
  },
  "Q15 many wrong values": {
    query: "query ($ids: [String!]) { issues(filter: { sentryId: { in: $ids } }) { totalCount } }",
    variables: JSON.stringify({ ids: Array.from({ length: 20_000 }, () => 1) }),
    code: "BAD_USER_INPUT",
  },
  "Q15 a value with thousands of fields that are none": {
    query: "query ($filter: IssueFilter) { issues(filter: $filter) { totalCount } }",
    variables: JSON.stringify({ filter: manyFields(5_000) }),
    code: "BAD_USER_INPUT",
  },
  "Q15 thousands of filters that ask nothing": {
    query: "query ($filter: IssueFilter) { issues(filter: $filter) { totalCount } }",
    variables: JSON.stringify({
      filter: { or: Array.from({ length: 30 }, () => ({ or: Array.from({ length: 600 }, () => ({})) })) },
    }),
    code: "BAD_USER_INPUT",
  },
  "Q15 a large filter for each of many fields": {
    query: `query ($filter: IssueFilter) { ${times(45, (index) => `a${index}: issues(filter: $filter) { totalCount }`)} }`,
    variables: JSON.stringify({ filter: { or: Array.from({ length: 1_000 }, () => ({ search: "a" })) } }),
    code: "QUERY_TOO_COMPLEX",
  },
  "Q15 a large filter for each of many parents": {
    query:
      "query ($filter: TransitionFilter) { issues(first: 100) { nodes { transitions(first: 1, filter: $filter) { nodes { id } } } } }",
    variables: JSON.stringify({
      filter: { or: Array.from({ length: 900 }, () => ({ kind: ["RESOLVED"] })) },
    }),
    code: "QUERY_TOO_COMPLEX",
  },
  "Q15 many values in a filter for each of many parents": {
    query:
      "query ($filter: IssueFilter) { projects(first: 100) { nodes { issues(first: 1, filter: $filter) { nodes { id } } } } }",
    variables: JSON.stringify({
      filter: {
        and: Array.from({ length: 10 }, () => ({
          sentryId: { in: Array.from({ length: 1_000 }, () => "1") },
        })),
      },
    }),
    code: "QUERY_TOO_COMPLEX",
  },
  "Q15 a large filter for each of many statistics": {
    query: `query ($filter: IssueFilter) { issueStats(filter: $filter) { ${times(45, (index) => `a${index}: byProject(first: ${index}) { count }`)} } }`,
    variables: JSON.stringify({ filter: { or: Array.from({ length: 1_000 }, () => ({ search: "a" })) } }),
    code: "QUERY_TOO_COMPLEX",
  },
  "Q15 variables nested without end": {
    query: "query ($filter: IssueFilter) { issues(filter: $filter) { totalCount } }",
    variables: notNested(8_000),
    code: "BAD_REQUEST",
  },
  "Q15 filters nested too deep": {
    query: "query ($filter: IssueFilter) { issues(filter: $filter) { totalCount } }",
    variables: notNested(40),
    code: "BAD_USER_INPUT",
    isOfField: true,
  },
  "Q17 two streams in one": {
    query: "subscription { a: issueChanged { cursor } b: issueChanged { cursor } }",
    code: "GRAPHQL_VALIDATION_FAILED",
  },
  "Q17 a stream of nothing": {
    query: "subscription { issueChanged @skip(if: true) { cursor } }",
    code: "GRAPHQL_VALIDATION_FAILED",
  },
  "Q17 a stream of nothing, in fragments": {
    query:
      "subscription { ...A } fragment A on Subscription { ... @include(if: false) { issueChanged { cursor } } }",
    code: "GRAPHQL_VALIDATION_FAILED",
  },
  "Q17 a stream of perhaps nothing": {
    query: "subscription ($not: Boolean = false) { issueChanged @skip(if: $not) { cursor } }",
    code: "GRAPHQL_VALIDATION_FAILED",
  },
  "Q23 an id that is SQL": {
    query: "query ($id: ID!) { node(id: $id) { id } }",
    variables: JSON.stringify({ id: Buffer.from("Issue:1' OR '1'='1").toString("base64") }),
    code: null,
  },
  "Q23 a long id": {
    query: "query ($id: ID!) { node(id: $id) { id } }",
    variables: JSON.stringify({ id: nodeId("Issue", "9".repeat(60_000)) }),
    code: null,
  },
};
