import { describe, expect, it } from "vitest";
import { parseDateTime, parseDuration } from "../../src/graphql/filters/date-time.ts";
import { formatMoment } from "../../src/graphql/filters/format-moment.ts";

describe("a moment as text", () => {
  it.each(["-P30D", "P1M", "-P14M3DT0.25S", "PT0S", "PT3600S", "-PT1S"])("is read back: %s", (text) => {
    expect(formatMoment(parseDuration(text)!)).toBe(text);
  });

  it("is a time where it does not move", () => {
    const text = "2026-11-23T10:15:30.123Z";
    expect(formatMoment({ at: parseDateTime(text)! })).toBe(text);
  });
});
