import { describe, expect, it } from "vitest";
import { createLogger } from "../../src/observability/logger.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { createReport } from "../../src/observability/report.ts";

/** A report whose clock stands still until it is moved, what it has said and counted. */
function reporting() {
  const said: string[] = [];
  const clock = { now: 0 };
  const destination = {
    write: (line: string) => void said.push((JSON.parse(line) as { readonly msg: string }).msg),
  };
  const logger = createLogger({ level: "info", destination });
  const metrics = createMetrics();
  const report = createReport({ logger, metrics, now: () => clock.now });
  return { report, said, clock, metrics };
}

describe("what is logged", () => {
  it("tells of a store that fails and recovers with each webhook once in ten seconds, and of both", () => {
    const { report, said, clock } = reporting();
    for (; clock.now < 15_000; clock.now += 1_000) {
      report.storeFailed(new Error("full"));
      report.storeRecovered();
    }
    const both = [
      expect.stringContaining("the store cannot write") as string,
      expect.stringContaining("the store writes again") as string,
    ];
    expect(said).toEqual([...both, ...both]);
  });

  it("tells of a store that cannot write though nothing could be dropped or noted a moment before, which is told too", () => {
    const { report, said } = reporting();
    for (const tell of [report.notDropped, report.positionNotNoted, report.storeFailed])
      tell(new Error("full"));
    report.storeRecovered();
    expect(said).toEqual([
      expect.stringContaining("could not be deleted"),
      expect.stringContaining("a restored backup may not be noticed"),
      expect.stringContaining("the store cannot write"),
      "the store writes again",
    ]);
  });

  it("tells of deliveries that cannot be applied once in ten seconds", () => {
    const { report, said, clock } = reporting();
    for (; clock.now < 15_000; clock.now += 1_000) report.deliveryFaulted(new Error("a fault"));
    const notApplied = expect.stringContaining("a delivery could not be applied") as string;
    expect(said).toEqual([notApplied, notApplied]);
  });

  it("tells of webhooks that are not understood once in ten seconds, and of no other that is kept", () => {
    const { report, said, clock } = reporting();
    for (; clock.now < 15_000; clock.now += 1_000)
      for (const outcome of ["APPLIED", "IGNORED", "QUARANTINED"] as const) report.deliveryKept(outcome, 1);
    const notUnderstood = expect.stringContaining("not understood, and is kept as QUARANTINED") as string;
    expect(said).toEqual([notUnderstood, notUnderstood]);
  });

  it.each([
    ["SIGNATURE_MISSING", "no Sentry integration sent this"],
    ["SIGNATURE_INVALID", "set that to the Client Secret"],
    ["UNAUTHENTICATED", "WEBHOOK_BEARER is set"],
    ["PAYLOAD_TOO_LARGE", "WEBHOOK_MAX_BYTES"],
  ] as const)("tells of webhooks refused with %s once in ten seconds, and what to do", (code, what) => {
    const { report, said, clock } = reporting();
    for (; clock.now < 15_000; clock.now += 1_000) report.deliveryRefused(code);
    const refused = expect.stringMatching(new RegExp(`^webhook refused: .*${what}`)) as string;
    expect(said).toEqual([refused, refused]);
  });

  it("tells of JWTs that are refused once in ten seconds, for each reason", () => {
    const { report, said, clock } = reporting();
    for (; clock.now < 15_000; clock.now += 1_000)
      for (const claim of ["iss", "aud"])
        report.jwtRefused({ code: "ERR_JWT_CLAIM_VALIDATION_FAILED", claim });
    expect(said).toEqual(Array(4).fill("a JWT was refused"));
  });

  it("tells of contents that cannot be read once for each place, however often they are asked for", () => {
    const { report, said, clock } = reporting();
    for (; clock.now < 30_000; clock.now += 1_000)
      for (const pack of [1, 2]) report.contentUnreadable(new Error(`Pack ${pack} is damaged.`));
    const text =
      "the contents of some deliveries cannot be read, and count as deleted. Run doctor to see which.";
    expect(said).toEqual([text, text]);
  });
});

it("counts no time below zero for an entry that another replica has dated ahead of this one's clock", async () => {
  const { report, metrics } = reporting();
  report.entryTold(-5_000);
  report.entryTold(2_000);
  expect(await metrics.registry.metrics()).toContain("issuewire_told_seconds_sum 2\n");
});
