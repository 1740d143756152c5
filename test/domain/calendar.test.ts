import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bucketsOf,
  intervals,
  roughBucketCount,
  timeZoneNamed,
  type Interval,
} from "../../src/domain/calendar.ts";

const iso = (instant: number) => new Date(instant).toISOString().replace(":00.000Z", "Z");

/** Where the buckets of a period begin, and where the last one ends. */
function boundaries(from: string, to: string, interval: Interval, zone: string): readonly string[] {
  const buckets = bucketsOf(
    { from: Date.parse(from), to: Date.parse(to) },
    interval,
    timeZoneNamed(zone)!,
    1_000,
  )!;
  return [...buckets.map(({ start }) => iso(start)), iso(buckets.at(-1)!.end)];
}

describe("days", () => {
  it("have 23 hours in spring and 25 in autumn in Berlin", () => {
    expect(boundaries("2026-03-27T23:00Z", "2026-03-30T22:00Z", "DAY", "Europe/Berlin")).toEqual([
      "2026-03-27T23:00Z",
      "2026-03-28T23:00Z",
      "2026-03-29T22:00Z",
      "2026-03-30T22:00Z",
    ]);
    expect(boundaries("2026-10-23T22:00Z", "2026-10-26T23:00Z", "DAY", "Europe/Berlin")).toEqual([
      "2026-10-23T22:00Z",
      "2026-10-24T22:00Z",
      "2026-10-25T23:00Z",
      "2026-10-26T23:00Z",
    ]);
  });

  it("begin when the clocks show them, where these skip midnight or change just before it", () => {
    expect(boundaries("2018-11-03T03:00Z", "2018-11-05T02:00Z", "DAY", "America/Sao_Paulo")).toEqual([
      "2018-11-03T03:00Z",
      "2018-11-04T03:00Z",
      "2018-11-05T02:00Z",
    ]);
    // At midnight of the 18th it was 23:00 of the 17th again.
    expect(boundaries("2018-02-17T02:00Z", "2018-02-19T03:00Z", "DAY", "America/Sao_Paulo")).toEqual([
      "2018-02-17T02:00Z",
      "2018-02-18T03:00Z",
      "2018-02-19T03:00Z",
    ]);
    // At 01:00 it was midnight again.
    expect(boundaries("2026-10-31T04:00Z", "2026-11-02T05:00Z", "DAY", "America/Havana")).toEqual([
      "2026-10-31T04:00Z",
      "2026-11-01T04:00Z",
      "2026-11-02T05:00Z",
    ]);
  });

  it("pass over one that a zone never had", () => {
    expect(boundaries("2011-12-29T10:00Z", "2011-12-31T10:00Z", "DAY", "Pacific/Apia")).toEqual([
      "2011-12-29T10:00Z",
      "2011-12-30T10:00Z",
      "2011-12-31T10:00Z",
    ]);
  });

  it("begin at a quarter past in UTC in Kathmandu", () => {
    expect(boundaries("2026-11-22T18:15Z", "2026-11-24T18:15Z", "DAY", "Asia/Kathmandu")).toEqual([
      "2026-11-22T18:15Z",
      "2026-11-23T18:15Z",
      "2026-11-24T18:15Z",
    ]);
  });
});

describe("hours", () => {
  it("go on in elapsed time where the clocks of New York repeat one or skip one", () => {
    expect(boundaries("2026-11-01T04:00Z", "2026-11-01T08:00Z", "HOUR", "America/New_York")).toEqual([
      "2026-11-01T04:00Z",
      "2026-11-01T05:00Z",
      "2026-11-01T06:00Z",
      "2026-11-01T07:00Z",
      "2026-11-01T08:00Z",
    ]);
    const dayOfHours = (from: string, to: string) =>
      boundaries(from, to, "HOUR", "America/New_York").length - 1;
    expect(dayOfHours("2026-11-01T04:00Z", "2026-11-02T05:00Z")).toBe(25);
    expect(dayOfHours("2026-03-08T05:00Z", "2026-03-09T04:00Z")).toBe(23);
  });

  it("are full by the clocks of Kathmandu", () => {
    expect(boundaries("2026-11-23T10:15Z", "2026-11-23T12:15Z", "HOUR", "Asia/Kathmandu")).toEqual([
      "2026-11-23T10:15Z",
      "2026-11-23T11:15Z",
      "2026-11-23T12:15Z",
    ]);
  });

  it("end with the first full hour after a change by half an hour", () => {
    // 02:00 became 02:30.
    expect(boundaries("2026-10-03T14:30Z", "2026-10-03T17:00Z", "HOUR", "Australia/Lord_Howe")).toEqual([
      "2026-10-03T14:30Z",
      "2026-10-03T16:00Z",
      "2026-10-03T17:00Z",
    ]);
    // 02:30 became 03:00.
    expect(boundaries("2016-05-01T06:30Z", "2016-05-01T09:00Z", "HOUR", "America/Caracas")).toEqual([
      "2016-05-01T06:30Z",
      "2016-05-01T07:00Z",
      "2016-05-01T08:00Z",
      "2016-05-01T09:00Z",
    ]);
  });
});

describe("weeks", () => {
  it("begin on Monday, across a change of clocks and of the year", () => {
    expect(boundaries("2026-10-19T04:00Z", "2026-11-09T05:00Z", "WEEK", "America/New_York")).toEqual([
      "2026-10-19T04:00Z",
      "2026-10-26T04:00Z",
      "2026-11-02T05:00Z",
      "2026-11-09T05:00Z",
    ]);
    expect(boundaries("2026-12-27T00:00Z", "2027-01-05T00:00Z", "WEEK", "UTC")).toEqual([
      "2026-12-27T00:00Z",
      "2026-12-28T00:00Z",
      "2027-01-04T00:00Z",
      "2027-01-05T00:00Z",
    ]);
  });

  it("are counted right before 1970", () => {
    expect(boundaries("1969-12-20T00:00Z", "1970-01-01T00:00Z", "WEEK", "UTC")).toEqual([
      "1969-12-20T00:00Z",
      "1969-12-22T00:00Z",
      "1969-12-29T00:00Z",
      "1970-01-01T00:00Z",
    ]);
  });
});

describe("buckets", () => {
  it("begin and end with the period", () => {
    expect(boundaries("2026-11-23T10:30Z", "2026-11-25T01:00Z", "DAY", "UTC")).toEqual([
      "2026-11-23T10:30Z",
      "2026-11-24T00:00Z",
      "2026-11-25T00:00Z",
      "2026-11-25T01:00Z",
    ]);
    expect(boundaries("2026-11-23T10:30Z", "2026-11-23T10:45Z", "WEEK", "UTC")).toEqual([
      "2026-11-23T10:30Z",
      "2026-11-23T10:45Z",
    ]);
  });

  it("are null when there are more than allowed, and not when there are as many", () => {
    const hours = (count: number) => bucketsOf({ from: 0, to: count * 3_600_000 }, "HOUR", utc, 5);
    expect(hours(5)).toHaveLength(5);
    expect(hours(6)).toBeNull();
  });

  it("are about as many as the period is long", () => {
    expect(roughBucketCount({ from: 0, to: 3_600_001 }, "HOUR")).toBe(2);
    expect(roughBucketCount({ from: 0, to: 14 * 86_400_000 }, "WEEK")).toBe(2);
  });

  const zones = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "Africa/Monrovia",
  ];

  it("cover the period without gaps, with the clocks on the hour, at midnight, on Monday", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2012, 0), max: Date.UTC(2040, 0) }),
        fc.integer({ min: 1, max: 100 * 86_400_000 }),
        fc.constantFrom(...intervals),
        fc.constantFrom(...zones),
        (from, length, interval, zone) => {
          const to = from + (interval === "HOUR" ? Math.ceil(length / 40) : length);
          const buckets = bucketsOf({ from, to }, interval, timeZoneNamed(zone)!, 1_000)!;
          expect([buckets[0]!.start, buckets.at(-1)!.end]).toEqual([from, to]);
          const shown = new Intl.DateTimeFormat("en-GB", {
            timeZone: zone,
            weekday: "short",
            hour: "2-digit",
            minute: "2-digit",
            second: "2-digit",
          });
          for (const [index, { start, end }] of buckets.entries()) {
            expect(end).toBeGreaterThan(start);
            if (index === 0) continue;
            expect(start).toBe(buckets[index - 1]!.end);
            expect(start % 1000).toBe(0);
            expect(shown.format(start)).toMatch(expectedClock[interval]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

const expectedClock = { HOUR: /\d\d:00:00$/, DAY: / 00:00:00$/, WEEK: /^Mon,? 00:00:00$/ } as const;

describe("a time zone", () => {
  it.each(["Mars/Olympus_Mons", "", "+05:30", "Europe/Berlin; drop table issues"])("is not %j", (name) => {
    expect(timeZoneNamed(name)).toBeNull();
  });

  it("is ahead of UTC or behind it by its clocks, to the second", () => {
    const offset = (zone: string, time: string) => timeZoneNamed(zone)!.offsetAt(Date.parse(time));
    expect(offset("UTC", "2026-01-01T00:00Z")).toBe(0);
    expect(offset("Asia/Kathmandu", "2026-01-01T00:00Z")).toBe(5.75 * 3_600_000);
    expect(offset("America/New_York", "2026-07-01T00:00Z")).toBe(-4 * 3_600_000);
    expect(offset("Africa/Monrovia", "1970-01-01T00:00Z")).toBe(-(44 * 60 + 30) * 1000);
  });
});

const utc = timeZoneNamed("UTC")!;
