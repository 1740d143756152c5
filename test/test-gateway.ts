import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inject } from "vitest";
import { parseConfig } from "../src/config.ts";
import { startGatewayOn, type StartOptions } from "../src/server/gateway.ts";
import { openStore } from "../src/server/open-store.ts";
import type { Store } from "../src/store/store.ts";
import { temporaryFolder } from "./store/open.ts";

export const secret = "a secret of the tests";

export type TestGateway = AsyncDisposable & { readonly url: string; readonly database: string };

/** A whole gateway in this process, listening on a port of its own. */
export async function startTestGateway(
  settings: Readonly<Record<string, string>> = {},
  path?: string,
  {
    around = (store) => store,
    ...options
  }: StartOptions & {
    /** Wraps the store that the gateway opens, which then uses the result. */
    readonly around?: (store: Store) => Store;
  } = {},
): Promise<TestGateway> {
  await using opened = new AsyncDisposableStack();
  const database = join(path ?? opened.use(temporaryFolder()).path, "issuewire.db");
  const gateway = await startGatewayOn(
    async (storeOptions) => around(await openStore(storeOptions)),
    parseConfig({
      PORT: "0",
      DATABASE_URL: `file:${database}`,
      SENTRY_CLIENT_SECRET: secret,
      LOG_LEVEL: "silent",
      ...settings,
    }),
    { threads: pathToFileURL(`${inject("built")}/`), ...options },
  );
  opened.use(gateway);
  const running = opened.move();
  return {
    url: gateway.url,
    database,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
