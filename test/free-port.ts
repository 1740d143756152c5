import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/**
 * A port that nobody listens on, for servers that cannot say which port they got, or that start on the same one again.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
