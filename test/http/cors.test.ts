import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { answerOrigin } from "../../src/http/cors.ts";

/** Whether a request was answered, and the headers that its answer has. */
function answering(method: string, origins: readonly string[]) {
  const headers = new Map<string, unknown>();
  const response = {
    setHeader: (name: string, value: unknown) => headers.set(name, value),
    writeHead: () => ({ end: () => {} }),
  } as unknown as ServerResponse;
  const request = { method, headers: { origin: "https://a.example" } } as IncomingMessage;
  return { isAnswered: answerOrigin(request, response, origins), vary: headers.get("Vary") };
}

it.each([
  ["OPTIONS", true],
  ["POST", false],
])("of a page's requests, %s is answered by what may be read: %s", (method, isAnswered) => {
  expect(answering(method, ["https://a.example"]).isAnswered).toBe(isAnswered);
});

it("tells caches that an answer is of one origin only where pages of others may read", () => {
  expect(answering("POST", ["https://b.example"]).vary).toBe("Origin");
  expect(answering("POST", []).vary).toBeUndefined();
});
