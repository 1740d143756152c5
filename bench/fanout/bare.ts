import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

/**
 * The least that telling many can be: one event, written to each in a loop. What the gateway takes beyond it is what its
 * ratio to this shows.
 *
 * Arguments: a file with the text of an event as an event stream has it, one with that of a WebSocket's message. Prints
 * its port. A POST to /publish tells everyone.
 */

const [event, message] = process.argv.slice(2).map((file) => readFileSync(file, "utf8")) as [string, string];
const bytes = Buffer.from(event);
const responses = new Set<ServerResponse>();
const sockets = new Set<WebSocket>();

const server = createServer((request, response) => {
  if (request.url === "/publish") {
    for (const one of responses) one.write(bytes);
    for (const one of sockets) one.send(message);
    response.writeHead(202).end();
    return;
  }
  request.resume();
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": \n\n");
  responses.add(response);
  response.on("close", () => responses.delete(response));
});
const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
webSockets.on("connection", (socket) => {
  socket.on("message", (data: Buffer) => {
    const { type } = JSON.parse(data.toString()) as { readonly type: string };
    if (type === "connection_init") socket.send('{"type":"connection_ack"}');
    else sockets.add(socket);
  });
  socket.on("close", () => sockets.delete(socket));
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
