import type { TestProject } from "vitest/node";
import { startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** `postgres://` of a server for the whole run, as somebody who may make schemas there. */
    readonly postgres: string;
  }
}

/** The server that TEST_DATABASE_URL names, or one for this run. */
export default async function providePostgres(project: TestProject): Promise<() => Promise<void>> {
  const { TEST_DATABASE_URL: given } = process.env;
  if (given !== undefined && given !== "") {
    project.provide("postgres", given);
    return async () => {};
  }
  const server = await startPostgres({ max_connections: "300", shared_buffers: "64MB" });
  project.provide("postgres", server.url);
  return async () => await server[Symbol.asyncDispose]();
}
