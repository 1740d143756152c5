import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createPipelined, type PipelinedBounds } from "../../src/http/pipelined.ts";
import { head, listening, Wire } from "./wire.ts";

const get = head({}, "GET / HTTP/1.1");

/** A server that holds the first request of each connection, and answers those that come to their turn behind it. */
async function holding(bounds: PipelinedBounds) {
  const { comesToItsTurn } = createPipelined(bounds);
  const held: ServerResponse[] = [];
  let waiting = 0;
  let answered = 0;
  const server = createServer(async (request, response) => {
    if (response.socket !== null) return void held.push(response);
    waiting += 1;
    if (!(await comesToItsTurn(request, response))) return;
    answered += 1;
    response.end("done");
  });
  return {
    held,
    server,
    untilWaiting: (count: number) => expect.poll(() => waiting).toBe(count),
    untilAnswered: (count: number) => expect.poll(() => answered).toBe(count),
    ...(await listening(server)),
  };
}

it("waits with few requests of all connections together, and cuts the one on which more come", async () => {
  await using server = await holding({ mostInAll: 4 });
  using one = new Wire(server.port);
  one.write(get.repeat(4));
  await server.untilWaiting(3);
  using other = new Wire(server.port);
  other.write(get.repeat(3));
  await other.untilEnd();
  server.held[0]!.end("held");
  await server.untilAnswered(3);
  using third = new Wire(server.port);
  third.write(get.repeat(5));
  await server.untilWaiting(9);
  server.held[2]!.end("held");
  await third.until("held");
});

it("counts no longer what waited on a connection that has ended", async () => {
  await using server = await holding({ mostInAll: 3 });
  const connected = once(server.server, "connection");
  using gone = new Wire(server.port);
  gone.write(get.repeat(4));
  await server.untilWaiting(3);
  const [socket] = await connected;
  socket.destroy();
  await once(socket, "close");
  await setImmediate();
  using other = new Wire(server.port);
  other.write(get.repeat(4));
  await server.untilWaiting(6);
  server.held[1]!.end("held");
  expect(await other.until("done")).toContain("held");
});
