import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { errorText } from "../../src/terminal/error-text.ts";
import { freePort } from "../free-port.ts";

describe("the text of an error", () => {
  it("is what each address of a name answered where all of them were tried in vain", async () => {
    const port = await freePort();
    const addresses = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
    const socket = connect({
      host: "gateway.example",
      port,
      autoSelectFamily: true,
      lookup: (_name, _options, found) => found(null, addresses),
    });
    const [error] = (await once(socket, "error")) as [unknown];
    expect(errorText(error)).toBe(
      `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`,
    );
  });

  it("is the reason alone where TLS cannot be spoken", async () => {
    await using server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connectTls({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
    const [error] = (await once(socket, "error")) as [unknown];
    expect(errorText(error)).toBe("wrong version number");
  });

  it.each([
    [new TypeError("fetch failed"), "fetch failed"],
    [new AggregateError([new Error("one")], "several"), "several"],
    ["thrown as a text", "thrown as a text"],
  ])("is else its message: %s", (error, text) => {
    expect(errorText(error)).toBe(text);
  });
});
