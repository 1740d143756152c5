import { createServer } from "node:http";
import { expect, it } from "vitest";
import { listen } from "../../src/http/listen.ts";

it.each([
  ["EADDRINUSE", "Port 80 is in use: stop what listens there"],
  ["EACCES", "This user may not listen on port 80: set PORT to one above 1023"],
  ["EADDRNOTAVAIL", "Cannot listen on 127.0.0.1:80: set HOST and PORT to an address of this machine."],
])("says what to do when the system answers %s", async (code, message) => {
  const server = createServer();
  server.listen = () => {
    queueMicrotask(() => server.emit("error", Object.assign(new Error(`listen ${code}`), { code })));
    return server;
  };
  await expect(listen(server, { host: "127.0.0.1", port: 80 })).rejects.toThrow(message);
});
