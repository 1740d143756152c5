import { describe, expect, it } from "vitest";
import { sentAtOf } from "../../src/sentry/sent-at.ts";

/** Seconds of the receiver's clock, which stands half a second past. */
const clock = 1_790_848_800;
const receivedAt = clock * 1000 + 500;
const fiveMinutes = 300;

describe("sentAtOf", () => {
  it.each([
    ["what the header says", [clock - 2], null, (clock - 2) * 1000, null],
    ["ten years ago", [clock - 315_360_000], null, (clock - 315_360_000) * 1000, null],
    ["zero", [0], null, 0, null],
    ["a little in the future", [clock + 299], null, (clock + 299) * 1000, null],
    ["five minutes in the future", [clock + fiveMinutes], null, (clock + fiveMinutes) * 1000, null],
    ["more than five minutes in the future", [clock + 301], null, receivedAt, "too late"],
    ["milliseconds", [receivedAt], null, receivedAt, "unreadable"],
    ["nothing", [], null, receivedAt, "missing"],
    ["two", [clock, clock], null, receivedAt, "unreadable"],
    ["no text", [""], null, receivedAt, "unreadable"],
    ["a fraction", [`${clock}.5`], null, receivedAt, "unreadable"],
    ["a sign", [`+${clock}`], null, receivedAt, "unreadable"],
    ["a negative number", [-1], null, receivedAt, "unreadable"],
    ["words", ["yesterday"], null, receivedAt, "unreadable"],
    ["two that node joined", [`${clock}, ${clock}`], null, receivedAt, "unreadable"],

    ["the second of what it shows", [clock - 2], clock - 2 + 0.9, (clock - 2) * 1000, null],
    ["after what it shows", [clock - 2], clock - 60, (clock - 2) * 1000, null],
    ["a second before what it shows", [clock - 3], clock - 2 + 0.25, (clock - 2) * 1000 + 250, "too early"],
    ["ten years before what it shows", [clock - 315_360_000], clock - 2, (clock - 2) * 1000, "too early"],
    ["before what it shows, when it comes", [clock - 2], clock + 0.5, clock * 1000 + 500, "too early"],
    ["before what it shows, which a fast clock dated", [clock - 2], clock + 0.501, (clock - 2) * 1000, null],
    ["a minute before what a fast clock dated", [clock - 2], clock + 58, (clock - 2) * 1000, null],
    [
      "before what it shows, which is too far ahead",
      [clock - 2],
      clock + 58.001,
      (clock + 58) * 1000 + 1,
      "too early",
    ],
    ["far ahead, and before what it shows", [clock + 400], clock + 500, (clock + 500) * 1000, "too early"],
    ["far ahead, and after what it shows", [clock + 600], clock + 500, (clock + 500) * 1000, "too late"],
    ["too late, and what it shows is past", [clock + 600], clock - 60, receivedAt, "too late"],
    ["nothing, and what it shows is past", [], clock - 60, receivedAt, "missing"],
    ["nothing, and what it shows is ahead", [], clock + 60, (clock + 60) * 1000, "missing"],
    ["words, and what it shows is ahead", ["x"], clock + 60.75, (clock + 60) * 1000 + 750, "unreadable"],
  ])("%s", (_, timestamps, lastSeenSeconds, at, adjusted) => {
    const timestamp = timestamps.map(String);
    const lastSeen = lastSeenSeconds === null ? null : lastSeenSeconds * 1_000_000;
    expect(sentAtOf({ timestamp, lastSeen, receivedAt })).toEqual({ at, adjusted });
  });

  it("is whole milliseconds, whatever lastSeen is", () => {
    const lastSeen = (clock + 60) * 1_000_000 + 1_999;
    expect(sentAtOf({ timestamp: [], lastSeen, receivedAt }).at).toBe((clock + 60) * 1000 + 1);
  });
});
