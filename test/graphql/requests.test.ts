import { describe, expect, it } from "vitest";
import { defaultLimits, gateway } from "./gateway.ts";

/* What `test/http/request-table.test.ts` does not ask, of Yoga's way alone. */

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
    ["no query", "{}"],
    ["a key named __proto__", `{"query":"${query}","__proto__":{}}`],
  ])("is refused, whatever is accepted: %s", async (_what, body) => {
    for (const accept of [json, graphqlJson, "*/*"]) {
      expect(await refusal(await postRaw(body, { accept }))).toEqual({ status: 400, code: "BAD_REQUEST" });
    }
  });

  it.each(["variables={", "variables=[]", "variables=1", "extensions=x", ""])(
    "is refused when it is a GET with %j",
    async (search) => {
      const response = await gateway().send({
        search: search.includes("=") ? `query={feed{epoch}}&${search}` : "",
      });
      expect(await refusal(response)).toEqual({ status: 400, code: "BAD_REQUEST" });
    },
  );
});

describe("a body that is not JSON in UTF-8", () => {
  it.each(["application/graphql+json", "application/jsonp", "application/json, text/plain", "nonsense"])(
    "is refused: %s",
    async (contentType) => {
      const response = await postRaw(JSON.stringify({ query }), { "content-type": contentType });
      expect(response.headers.get("accept-post")).toBe(json);
      expect(await refusal(response)).toEqual({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    },
  );

  it.each(["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])(
    "is not %s",
    async (contentType) => {
      const response = await postRaw(JSON.stringify({ query }), { "content-type": contentType });
      expect(response.status).toBe(200);
    },
  );

  it.each(["", "identity"])("is not one of the encoding %j", async (encoding) => {
    const headers = { "content-encoding": encoding };
    expect((await postRaw(JSON.stringify({ query }), headers)).status).toBe(200);
  });
});

describe("a document that is wrong", () => {
  it.each(["{", ""])(
    "has its code the second time too, when the parsing is remembered: %j",
    async (wrong) => {
      const { codes } = gateway();
      expect(await codes(wrong)).toEqual(["GRAPHQL_PARSE_FAILED"]);
      expect(await codes(wrong)).toEqual(["GRAPHQL_PARSE_FAILED"]);
    },
  );

  it("has more tokens than are allowed, and is told how many are", async () => {
    const { ask } = gateway({}, { limits: { ...defaultLimits, tokens: 7 } });
    expect((await ask("query A { feed { epoch } }")).errors).toEqual([
      {
        message: "The document has more tokens than the 7 that are allowed.",
        locations: [{ line: 1, column: 26 }],
        extensions: { code: "GRAPHQL_PARSE_FAILED" },
      },
    ]);
    expect((await ask("query { feed { epoch }")).errors?.[0]?.message).toContain(
      "Syntax Error: Expected Name",
    );
  });

  it.each([undefined, "C"])(
    "has several operations, and is told how to name one: %j",
    async (operationName) => {
      const asked = { query: "query A { feed { epoch } } query B { feed { epoch } }", operationName };
      const { errors } = (await (await gateway().post(asked)).json()) as { readonly errors: unknown };
      const message =
        "The document has several operations and the request names none, or none has the name given. Name one in `operationName`.";
      expect(errors).toEqual([{ message, extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }]);
    },
  );

  it("has a null in a variable that has a default, which is known only where it is used", async () => {
    const { ask } = gateway();
    const { data, errors } = await ask('query ($id: ID = "x") { node(id: $id) { id } }', { id: null });
    expect(data).toEqual({ node: null });
    expect(errors).toEqual([expect.objectContaining({ extensions: { code: "BAD_USER_INPUT" } })]);
  });
});

it.each(["POST", "GET"])("an empty name of an operation is none, by %s", async (method) => {
  const asked = { query: "query A { feed { epoch } }", operationName: "" };
  const { post, send } = gateway();
  const response =
    method === "POST" ? await post(asked) : await send({ search: new URLSearchParams(asked).toString() });
  expect(await response.json()).toEqual({ data: { feed: { epoch: "e1" } } });
});

it("GET asks what its variables and its operation's name say", async () => {
  const search = new URLSearchParams({
    query: "query A($s: String!) { issue(sentryId: $s) { id } } query B { feed { epoch } }",
    variables: '{"s":"1"}',
    operationName: "A",
  });
  const response = await gateway().send({ search: search.toString() });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ data: { issue: null } });
});
