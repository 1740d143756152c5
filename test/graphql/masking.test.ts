import { describe, expect, it } from "vitest";
import { OverloadedError, StorageUnavailableError } from "../../src/domain/failure.ts";
import { unknownDetails } from "../../src/domain/issue.ts";
import { entry, fields, issue } from "./builders.ts";
import { fakeReader } from "./fake-reader.ts";
import { gateway, scriptedLog } from "./gateway.ts";

/** A gateway whose store fails at one question. */
function failing(question: "issues" | "issueDetails" | "bounds", error: unknown) {
  const reader = { ...fakeReader({ issues: [issue("1")] }), [question]: () => Promise.reject(error) };
  const readTransaction = () => Promise.reject(error);
  return gateway({}, { store: { reader, readTransaction } });
}

const secret = new Error("SELECT password FROM users", { cause: "connection string" });

describe("an error that nobody expects", () => {
  it("is masked in a field that may be null, beside the data, and reported", async () => {
    const { post, reported } = failing("issues", secret);
    const response = await post({ query: '{ issue(sentryId: "1") { title } feed { epoch } }' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      data: { issue: null, feed: { epoch: "e1" } },
      errors: [
        {
          message: "Unexpected error.",
          locations: [{ line: 1, column: 3 }],
          path: ["issue"],
          extensions: { code: "INTERNAL_SERVER_ERROR" },
        },
      ],
    });
    expect(reported).toEqual([secret]);
  });

  it("is masked in a field that may not", async () => {
    const { post } = failing("bounds", secret);
    const response = await post({ query: "{ feed { epoch } }" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      data: null,
      errors: [
        { message: "Unexpected error.", path: ["feed"], extensions: { code: "INTERNAL_SERVER_ERROR" } },
      ],
    });
  });

  it("is masked before there is any data", async () => {
    const { post } = failing("bounds", secret);
    const response = await post({ query: "{ feed { cursor } }" });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      errors: [{ message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } }],
    });
  });

  it("is masked when it is no error at all", async () => {
    const { ask, reported } = failing("issues", "a text");
    const { errors } = await ask('{ issue(sentryId: "1") { id } }');
    expect(errors).toMatchObject([
      { message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } },
    ]);
    expect(reported).toHaveLength(1);
  });

  it("is masked where a value does not fit its type", async () => {
    const endless = issue("1", fields({ lastSeen: Date.UTC(12_000, 0) }));
    const { ask, reported } = gateway({ issues: [endless] });
    const { data, errors } = await ask('{ issue(sentryId: "1") { sentryId lastSeen } }');
    expect(data).toEqual({ issue: { sentryId: "1", lastSeen: null } });
    expect(errors).toMatchObject([
      { message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } },
    ]);
    expect(reported).toHaveLength(1);
  });
});

describe("a value that does not fit its type", () => {
  it("is our fault in a subscription too, and not the client's", async () => {
    const log = scriptedLog();
    const details = new Map([["4501", { ...unknownDetails, seerFixabilityScore: Number.NaN }]]);
    const { subscribe, reported } = gateway({ details }, { log });
    const events = await subscribe("subscription { issueChanged { issue { seerFixabilityScore } } }");
    log.write(entry(1));
    expect((await events.next()).value).toMatchObject({
      data: {
        data: { issueChanged: { issue: { seerFixabilityScore: null } } },
        errors: [{ message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } }],
      },
    });
    expect(reported).toHaveLength(1);
    await events.return();
  });
});

describe("a store that cannot be read", () => {
  const away = new StorageUnavailableError("disk gone: /var/lib/db");

  it("is a code to try again on, beside what could be read, and told to those who run it as no fault", async () => {
    const { ask, reported, unread } = failing("issueDetails", away);
    const { data, errors } = await ask('{ issue(sentryId: "1") { title logger } }');
    expect(data).toEqual({ issue: { title: "An issue", logger: null } });
    expect(errors).toEqual([
      {
        message: "The store cannot be read now, or too much is asked for at once: try again.",
        locations: [expect.anything()],
        path: ["issue", "logger"],
        extensions: { code: "SERVICE_UNAVAILABLE" },
      },
    ]);
    expect([reported, unread]).toEqual([[], [away]]);
  });

  it("is no fault to tell of where only too many ask", async () => {
    const { ask, reported, unread } = failing("issueDetails", new OverloadedError("Too many questions."));
    const { data, errors } = await ask('{ issue(sentryId: "1") { title logger } }');
    expect(data).toEqual({ issue: { title: "An issue", logger: null } });
    expect(errors).toMatchObject([{ extensions: { code: "SERVICE_UNAVAILABLE" } }]);
    expect([reported, unread]).toEqual([[], []]);
  });

  it("is 503 before there is any data", async () => {
    const response = await failing("bounds", away).post({ query: "{ feed { cursor } }" });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: "The store cannot be read now, or too much is asked for at once: try again.",
          extensions: { code: "SERVICE_UNAVAILABLE" },
        },
      ],
    });
  });
});
