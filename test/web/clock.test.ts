import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hearTime, present } from "../../src/web/client/clock.ts";

const noon = Date.parse("2026-03-01T12:00:00Z");
const dateAt = (time: number) => new Date(time).toUTCString();

beforeEach(() => {
  vi.useFakeTimers({ now: noon });
});

afterEach(() => {
  hearTime(dateAt(noon));
  vi.useRealTimers();
});

describe("the present", () => {
  it.each([-3 * 86_400_000, -60_000, 60_000, 3 * 86_400_000])(
    "is the gateway's where the reader's clock is %i ms off",
    (off) => {
      vi.setSystemTime(noon + off);
      hearTime(dateAt(noon));
      expect(present()).toBe(noon);
      vi.advanceTimersByTime(1_500);
      hearTime(dateAt(noon));
      expect(present()).toBe(noon + 1_500);
    },
  );

  it("is the reader's where both clocks agree, as far as a Date can tell", () => {
    hearTime(dateAt(noon - 4_000));
    expect(present()).toBe(noon);
  });

  it("is the reader's again once its clock was set right", () => {
    vi.setSystemTime(noon + 3_600_000);
    hearTime(dateAt(noon));
    vi.setSystemTime(noon);
    hearTime(dateAt(noon));
    expect(present()).toBe(noon);
  });

  it("is the reader's where an answer has no Date", () => {
    hearTime(null);
    expect(present()).toBe(noon);
  });
});
