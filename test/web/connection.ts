import { vi } from "vitest";
import { createConnection, type Connection } from "../../src/web/client/connection.ts";

/** The connection of a visible page, outside of a browser. `vi.unstubAllGlobals` removes the page. */
export function connectionOfPage(): Connection {
  const page = { hidden: false, addEventListener: () => {} };
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", page);
  return createConnection();
}
