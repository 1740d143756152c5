import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { sharingBody } from "../../src/graphql/shared-body.ts";
import { sendAnswer } from "../../src/http/graphql-request.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { listening } from "./wire.ts";

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
      return sendAnswer(sharingBody(new Response(body), body), response);
    },
    failed: (error) => expect(error).toBeUndefined(),
  });
  await using at = await listening(server);
  const answer = await fetch(`http://127.0.0.1:${at.port}/`);
  expect([await answer.text(), answer.headers.get("content-length")]).toEqual(["shared", "6"]);
  expect(sent[0]).toBe(body);
});
