import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gateway } from "./gateway.ts";

const json = "application/json";
const graphqlJson = "application/graphql-response+json";
const query = "{ feed { epoch } }";

type Refusal = { readonly status: number; readonly code: string };

/** The status of an answer that has one error and no data, and the error's code. */
async function refusal(response: Response): Promise<Refusal> {
  const body = (await response.json()) as { errors: { extensions: { code: string } }[] };
  expect(Object.keys(body)).toEqual(["errors"]);
  expect(body.errors).toHaveLength(1);
  expect(Object.keys(body.errors[0]!.extensions)).toEqual(["code"]);
  return { status: response.status, code: body.errors[0]!.extensions.code };
}

const postRaw = (body: BodyInit, headers: Record<string, string> = {}) =>
  gateway().send({ method: "POST", headers: { "content-type": json, ...headers }, body });

describe("a request that is no GraphQL request", () => {
  it.each([
    ["NONSENSE", "{"],
    ["nothing", ""],
    ["null", "null"],
    ["a string", '"x"'],
    ["a number", "1"],
    ["a batch", `[{"query":"${query}"}]`],
    ["an empty batch", "[]"],
    ["no query", "{}"],
    ["a misspelled query", '{"qeury":"{ hi }"}'],
    ["a parameter of its own", `{"query":"${query}","id":null}`],
    ["a query that is no string", '{"query":{"a":1}}'],
    ["variables that are no object", `{"query":"${query}","variables":[]}`],
    ["variables that are a string", `{"query":"${query}","variables":"{}"}`],
    ["extensions that are no object", `{"query":"${query}","extensions":"x"}`],
    ["an operationName that is no string", `{"query":"${query}","operationName":7}`],
    ["a key named __proto__", `{"query":"${query}","__proto__":{}}`],
  ])("is refused, whatever is accepted: %s", async (_what, body) => {
    for (const accept of [json, graphqlJson, "*/*"]) {
      expect(await refusal(await postRaw(body, { accept }))).toEqual({ status: 400, code: "BAD_REQUEST" });
    }
  });

  it("does not get a long key back", async () => {
    const response = await postRaw(JSON.stringify({ query, ["k".repeat(65)]: 1 }));
    expect(await response.text()).not.toContain("kkk");
  });

  it.each(["variables={", "variables=[]", "variables=1", "extensions=x", ""])(
    "is refused when it is a GET with %j",
    async (search) => {
      const response = await gateway().send({
        search: `${search.includes("=") ? `query={feed{epoch}}&${search}` : ""}`,
      });
      expect(await refusal(response)).toEqual({ status: 400, code: "BAD_REQUEST" });
    },
  );
});

describe("a body that is not JSON in UTF-8", () => {
  it.each([
    ["text/plain", {}],
    ["application/x-www-form-urlencoded", {}],
    ["multipart/form-data; boundary=x", {}],
    ["application/graphql", {}],
    ["application/graphql+json", {}],
    ["application/jsonp", {}],
    ["application/json; charset=utf-16", {}],
    ["application/json, text/plain", {}],
    ["nonsense", {}],
    [json, { "content-encoding": "gzip" }],
  ])("is refused: %s %j", async (contentType, headers) => {
    const response = await postRaw(JSON.stringify({ query }), { "content-type": contentType, ...headers });
    expect(response.headers.get("accept-post")).toBe(json);
    expect(await refusal(response)).toEqual({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
  });

  it("is refused when it does not say what it is", async () => {
    const response = await gateway().send({
      method: "POST",
      body: new Uint8Array(Buffer.from(JSON.stringify({ query }))),
    });
    expect(await refusal(response)).toEqual({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
  });

  it.each(["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])(
    "is not %s",
    async (contentType) => {
      const response = await postRaw(JSON.stringify({ query }), { "content-type": contentType });
      expect(response.status).toBe(200);
    },
  );

  it.each(["", "identity"])("is not one of the encoding %j", async (encoding) => {
    const headers = { "content-type": json, "content-encoding": encoding };
    expect((await postRaw(JSON.stringify({ query }), headers)).status).toBe(200);
  });
});

describe("a body that is large once it is unpacked", () => {
  it("is refused, small as it is", async () => {
    const body = gzipSync(JSON.stringify({ query: `${query} #${"x".repeat(1_000_000)}` }));
    const response = await postRaw(body, { "content-encoding": "gzip" });
    expect(await refusal(response)).toEqual({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
  });
});

describe("a document that is wrong", () => {
  it.each([
    ["{", "GRAPHQL_PARSE_FAILED"],
    ["", "GRAPHQL_PARSE_FAILED"],
    ["{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["{ issues(first: true) { nodes { id } } }", "GRAPHQL_VALIDATION_FAILED"],
    ["query ($f: NoSuchFilter) { issues(filter: $f) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"],
    ["{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"],
    ["{ issues(filter: { count: { eq: 1.5 } }) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"],
  ])("is 200 for application/json and 400 for the other: %j", async (wrong, code) => {
    const { post } = gateway();
    expect((await post({ query: wrong }, { accept: json })).status).toBe(200);
    const response = await post({ query: wrong }, { accept: graphqlJson });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set([code]));
  });

  it("has its code the second time too, when the parsing is remembered", async () => {
    const { codes } = gateway();
    expect(await codes("{")).toEqual(["GRAPHQL_PARSE_FAILED"]);
    expect(await codes("{")).toEqual(["GRAPHQL_PARSE_FAILED"]);
  });

  it("has its code also where there is no request, as on a WebSocket", () => {
    const { parse } = gateway().yoga.getEnveloped({});
    expect(() => parse("{")).toThrow(
      expect.objectContaining({ extensions: expect.objectContaining({ code: "GRAPHQL_PARSE_FAILED" }) }),
    );
  });

  it.each([
    [{ query: "query A { feed { epoch } }", operationName: "B" }],
    [{ query: "query A { feed { epoch } } query B { feed { epoch } }" }],
  ])("names no operation: %j", async (params) => {
    for (const accept of [json, graphqlJson]) {
      expect(await refusal(await gateway().post(params, { accept }))).toEqual({
        status: 400,
        code: "OPERATION_RESOLUTION_FAILURE",
      });
    }
  });

  it.each([
    ["query ($id: ID!) { node(id: $id) { id } }", {}],
    ["query ($id: ID!) { node(id: $id) { id } }", { id: {} }],
    ["query ($first: Int) { issues(first: $first) { totalCount } }", { first: "1" }],
    ["query ($first: Int) { issues(first: $first) { totalCount } }", { first: 2 ** 31 }],
  ])("has a wrong variable: %s %j", async (withVariable, variables) => {
    for (const accept of [json, graphqlJson]) {
      expect(await refusal(await gateway().post({ query: withVariable, variables }, { accept }))).toEqual({
        status: 400,
        code: "BAD_USER_INPUT",
      });
    }
  });

  it("has a null in a variable that has a default, which is known only where it is used", async () => {
    const { ask } = gateway();
    const { data, errors } = await ask('query ($id: ID = "x") { node(id: $id) { id } }', { id: null });
    expect(data).toEqual({ node: null });
    expect(errors).toEqual([expect.objectContaining({ extensions: { code: "BAD_USER_INPUT" } })]);
  });
});

describe("a method", () => {
  it.each(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])("%s is not allowed", async (method) => {
    const response = await gateway().send({ method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, POST");
    if (method !== "HEAD")
      expect(await refusal(response)).toEqual({ status: 405, code: "METHOD_NOT_ALLOWED" });
  });

  it("GET asks a query", async () => {
    const search = new URLSearchParams({
      query: "query A($s: String!) { issue(sentryId: $s) { id } } query B { feed { epoch } }",
      variables: '{"s":"1"}',
      operationName: "A",
    });
    const response = await gateway().send({ search: search.toString() });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { issue: null } });
  });
});

describe("an answer", () => {
  it.each([
    ["application/json", "application/json; charset=utf-8"],
    ["*/*", "application/json; charset=utf-8"],
    ["application/graphql-response+json", "application/graphql-response+json; charset=utf-8"],
  ])("for %s is %s", async (accept, contentType) => {
    const response = await gateway().post({ query }, { accept });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(contentType);
    expect(await response.json()).toEqual({ data: { feed: { epoch: "e1" } } });
  });

  it.each(["text/html", "application/xml"])("cannot be %s", async (accept) => {
    expect(await refusal(await gateway().post({ query }, { accept }))).toEqual({
      status: 406,
      code: "BAD_REQUEST",
    });
  });

  it("to something that is not there is null without an error", async () => {
    expect(await gateway().ask('{ issue(sentryId: "1") { id } project(slug: "x") { id } }')).toEqual({
      data: { issue: null, project: null },
    });
  });

  it("to another path is 404", async () => {
    expect((await gateway().yoga.fetch("http://yoga/other")).status).toBe(404);
  });

  it.each([
    ["{", "GRAPHQL_PARSE_FAILED"],
    ["{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"],
    ["subscription ($after: Cursor!) { issueChanged(after: $after) { cursor } }", "BAD_USER_INPUT"],
  ])("to a wrong document, as an event stream, is 200 and says so in the stream: %s", async (wrong, code) => {
    const { post, subscribe } = gateway();
    expect((await post({ query: wrong }, { accept: "text/event-stream" })).status).toBe(200);
    const events = await Array.fromAsync(await subscribe(wrong));
    expect(events).toEqual([
      { event: "next", data: { errors: [expect.objectContaining({ extensions: { code } })] } },
      { event: "complete", data: null },
    ]);
  });
});
