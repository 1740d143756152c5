import { expect, it } from "vitest";
import { readPayload } from "../../src/sentry/payload.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";

const text = JSON.stringify({
  action: "created",
  data: { issue: { id: "1", title: "Ünïcödé \ud83d\ude00" } },
});

it.each([
  ["as Sentry sends it", text],
  ["behind a byte order mark", `\ufeff${text}`],
])("the issue object of a body that is read can be had again: %s", (_, sent) => {
  const body = Buffer.from(sent);
  expect(readPayload(body).reading.is).toBe("issue");
  expect(issueObjectOf(body)).toEqual({ id: "1", title: "Ünïcödé \ud83d\ude00" });
});

it("a body that is about no issue has an empty one", () => {
  expect(issueObjectOf(Buffer.from('{"action":"test","data":{"x":1}}'))).toEqual({});
  expect(issueObjectOf(Buffer.from("null"))).toEqual({});
});
