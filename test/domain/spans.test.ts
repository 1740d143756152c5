import { describe, expect, it } from "vitest";
import { spansOf } from "../../src/domain/spans.ts";
import type { TransitionEvent } from "../../src/domain/transition.ts";
import { event, minutes, resolved, transition, unresolved } from "../graphql/builders.ts";

const opened: TransitionEvent = { ...event(1), transition: transition(null, unresolved, "OPENED") };
const closed: TransitionEvent = { ...event(5), transition: transition(unresolved, resolved, "RESOLVED") };

describe("spansOf", () => {
  it("ends each stay where the next one begins, and leaves the last one open", () => {
    expect(spansOf([opened, closed])).toEqual([
      { state: unresolved, startedAt: minutes(1), endedAt: minutes(5), startedBy: opened },
      { state: resolved, startedAt: minutes(5), endedAt: null, startedBy: closed },
    ]);
  });

  it("has a stay of no length for two transitions at one time", () => {
    const atOnce = { ...closed, occurredAt: opened.occurredAt };
    expect(spansOf([opened, atOnce])[0]).toMatchObject({ startedAt: minutes(1), endedAt: minutes(1) });
  });

  it("is empty without transitions", () => {
    expect(spansOf([])).toEqual([]);
  });
});
