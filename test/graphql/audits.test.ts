import { serverAudits } from "graphql-http";
import { describe, expect, it } from "vitest";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import { gateway } from "./gateway.ts";

const audits = serverAudits({
  url: "http://yoga/graphql",
  fetchFn: (url: string, init: RequestInit) => gateway().yoga.fetch(url, init, { viewer: unlimitedAdmin }),
});

describe("GraphQL over HTTP", () => {
  it("has audits to pass", () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => [audit.id, audit.name, audit] as const))(
    "%s: %s",
    async (_id, _name, audit) => {
      expect(await audit.fn()).toMatchObject({ status: "ok" });
    },
  );
});
