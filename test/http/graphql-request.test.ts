import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { createAnswerRoom, type AnswerRoom } from "../../src/http/limits/answer-room.ts";
import { sharingBody } from "../../src/graphql/shared-body.ts";
import { sendAnswer } from "../../src/http/graphql-request.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { head, listening, send, Wire } from "./wire.ts";

it("an answer is sent with the body that it shares with others, not with a copy of it", async () => {
  const body = Buffer.from("shared");
  const sent: unknown[] = [];
  const server = createHttpServer({
    handler(_request, response) {
      const end = response.end.bind(response);
      response.end = ((chunk: unknown) => {
        sent.push(chunk);
        return end(chunk);
      }) as ServerResponse["end"];
      return sendAnswer(sharingBody(new Response(body), body), response, createAnswerRoom(Infinity));
    },
    failed: (error) => expect(error).toBeUndefined(),
  });
  await using at = await listening(server);
  const answer = await fetch(`http://127.0.0.1:${at.port}/`);
  expect([await answer.text(), answer.headers.get("content-length")]).toEqual(["shared", "6"]);
  expect(sent[0]).toBe(body);
});

/** More than systems hold on the way. */
const large = Buffer.alloc(48_000_000, "x");

/** A server that sends everybody the same, at /shared with the same body. */
async function serving(answerRoom: AnswerRoom) {
  const server = createHttpServer({
    handler({ url }, response) {
      const answer = new Response(large);
      return sendAnswer(url === "/shared" ? sharingBody(answer, large) : answer, response, answerRoom);
    },
    failed: (error) => expect(error).toBeUndefined(),
  });
  return listening(server);
}

it("an answer of its own is counted while its client does not take it, and another one gets 503 where that leaves no room", async () => {
  const counted: number[] = [];
  const room = createAnswerRoom(50_000_000);
  await using at = await serving({
    add(bytes, behind) {
      counted.push(bytes);
      return room.add(bytes, behind);
    },
  });
  using wire = new Wire(at.port);
  wire.socket.pause();
  wire.write(head({}, "GET / HTTP/1.1"));
  await expect.poll(() => counted).toEqual([48_000_000]);
  for (const method of ["GET", "HEAD"]) {
    const refused = await send(at.port, { method, path: "/" });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
  }
  wire.socket.resetAndDestroy();
  await expect.poll(async () => (await send(at.port, { method: "HEAD", path: "/" })).status).toBe(200);
  // What answers HEAD takes no room.
  expect(room.add(50_000_000, 0)).not.toBeNull();
});

it("an answer whose body is shared takes no room", async () => {
  await using at = await serving(createAnswerRoom(0));
  using wire = new Wire(at.port);
  wire.socket.pause();
  wire.write(head({}, "GET /shared HTTP/1.1"));
  expect((await send(at.port, { method: "GET", path: "/shared" })).status).toBe(200);
  expect((await send(at.port, { method: "GET", path: "/" })).status).toBe(503);
});
