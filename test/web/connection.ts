import { vi } from "vitest";
import { createConnection, type Connection } from "../../src/web/client/connection.ts";

/** The connection of a page that nobody hides, outside of a browser. `vi.unstubAllGlobals` takes the page away again. */
export function connectionOfPage(): Connection {
  const page = { hidden: false, addEventListener: () => {} };
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", page);
  return createConnection();
}
