import { describe, expect, it } from "vitest";
import { clientMessage } from "../../src/http/websocket/client-message.ts";

const read = (message: unknown) => clientMessage(JSON.stringify(message));

describe("what a client says", () => {
  it("is what we look at, whatever comes with it", () => {
    const payload = { query: "{ x }", operationName: "A", variables: { a: [1] } };
    const large = Array.from({ length: 1_000 }, () => ({}));
    expect(
      read({ id: "a", type: "subscribe", payload: { ...payload, extensions: { large }, large }, large }),
    ).toStrictEqual({ id: "a", type: "subscribe", payload: { ...payload, characters: expect.any(Number) } });
    expect(read({ id: "a", type: "complete", large })).toStrictEqual({ id: "a", type: "complete" });
    expect(read({ type: "pong", payload: { large } })).toStrictEqual({ type: "pong" });
  });

  it("is that a document is named by its hash, and not by which", () => {
    const persistedQuery = { version: 1, sha256Hash: "0".repeat(64) };
    expect(
      read({ id: "a", type: "subscribe", payload: { query: "", extensions: { persistedQuery, a: 1 } } }),
    ).toMatchObject({ payload: { query: "", extensions: { persistedQuery: null } } });
  });

  it.each([
    ["subscribe", { query: "{ x }" }],
    ["complete", undefined],
  ])("has an id of 256 characters at most: %s", (type, payload) => {
    expect(read({ id: "ä".repeat(256), type, payload })).toMatchObject({ type });
    expect(read({ id: "ä".repeat(257), type, payload })).toBeNull();
  });
});
