import { expect, inject, it } from "vitest";
import { startProxy } from "../postgres/proxy.ts";
import { temporarySchema } from "../store/open-postgres.ts";
import { startProcess } from "./gateway.ts";

it("ends when it is told to, though its server has fallen silent and keeps its connections", async () => {
  await using schema = await temporarySchema();
  await using proxy = await startProxy(Number(new URL(inject("postgres")).port));
  await using gateway = await startProcess({ settings: { DATABASE_URL: proxy.through(schema.url) } });
  proxy.muteAll();
  expect(await gateway.end("SIGTERM")).toBe(0);
});
