import { expect, it } from "vitest";
import { createSender } from "../../src/simulate/sender.ts";
import { kept, startStubGateway } from "./stub-gateway.ts";

const webhook = {
  body: Buffer.from('{"action":"created"}'),
  headers: { "Request-ID": "a1", "Content-Type": "application/json" },
};

it("posts the bytes and the headers to the webhook route, and reads the outcome", async () => {
  await using gateway = await startStubGateway(() => kept);
  using sender = createSender({ url: gateway.url, connections: 2 });
  const answer = await sender.send(webhook);
  expect(answer).toEqual({ is: "answered", status: 202, word: "APPLIED", milliseconds: expect.any(Number) });
  const [request] = gateway.requests;
  expect(request?.method).toBe("POST");
  expect(request?.path).toBe("/webhooks/sentry");
  expect(request?.body).toEqual(webhook.body);
  expect(request?.headers).toMatchObject({ "request-id": "a1", "content-length": "20" });
  expect(request?.headers.authorization).toBeUndefined();
});

it("finds the route below the path of a proxy, and carries a bearer token", async () => {
  await using gateway = await startStubGateway(() => kept);
  using sender = createSender({ url: new URL("/issues/", gateway.url), connections: 1, bearer: "t0ken" });
  await sender.send(webhook);
  expect(gateway.requests[0]?.path).toBe("/issues/webhooks/sentry");
  expect(gateway.requests[0]?.headers.authorization).toBe("Bearer t0ken");
});

it.each([
  [{ status: 401, body: '{"code":"SIGNATURE_INVALID"}' }, "SIGNATURE_INVALID"],
  [{ status: 502, body: "<h1>Bad gateway</h1>" }, null],
  [{ status: 202, body: '"APPLIED"' }, null],
  [{ status: 202, body: "" }, null],
])("reads the word in the answer %j: %j", async (answer, word) => {
  await using gateway = await startStubGateway(() => answer);
  using sender = createSender({ url: gateway.url, connections: 1 });
  expect(await sender.send(webhook)).toMatchObject({ is: "answered", status: answer.status, word });
});

it("keeps its connections, and opens no more than it may", async () => {
  await using gateway = await startStubGateway(() => kept);
  using sender = createSender({ url: gateway.url, connections: 3 });
  for (let round = 0; round < 3; round++)
    await Promise.all(Array.from({ length: 9 }, () => sender.send(webhook)));
  expect(gateway.requests.length).toBe(27);
  expect(gateway.connections()).toBe(3);
});

it("says why there was no answer, and sends nothing again", async () => {
  let port: string;
  {
    await using gateway = await startStubGateway(() => null);
    port = gateway.url.port;
    using sender = createSender({ url: gateway.url, connections: 1, timeoutMs: 50 });
    expect(await sender.send(webhook)).toEqual({ is: "failed", reason: "no answer within 50 ms" });
    expect(gateway.requests.length).toBe(1);
  }
  using sender = createSender({ url: new URL(`http://127.0.0.1:${port}`), connections: 1 });
  expect(await sender.send(webhook)).toEqual({ is: "failed", reason: "ECONNREFUSED" });
});
