import { expect, it } from "vitest";
import { bodyOf } from "../../src/simulate/body.ts";
import { createIssue, passTime, type ArchiveEnd } from "../../src/simulate/issue.ts";
import { createRandom } from "../../src/simulate/random.ts";
import { take } from "../../src/simulate/step.ts";
import { projects } from "../../src/simulate/world.ts";

const day = 86_400_000;
const born = Date.UTC(2026, 9, 1);
const project = projects[0]!;
const by = project.organization.people[0]!;

/** An issue that people meet in every event, archived after a day. */
function anArchivedIssue(until: ArchiveEnd) {
  const random = createRandom(1);
  const times = { bornAt: born, firstSeenUs: born * 1000 };
  const issue = createIssue({ project, number: 1, id: "6000000001", ...times }, random);
  const busy = { ...issue, nature: { ...issue.nature, eventsPerDay: 5_000, usersPerEvent: 0.5 } };
  take({ is: "archived", until, by }, busy, born + day, (born + day) * 1000, random);
  const after = (days: number) => {
    const at = born + day + days * day;
    passTime(busy, at, at * 1000, random);
    const body = JSON.parse(bodyOf({ is: "archived", by }, busy, at * 1000, random)) as {
      data: { issue: { status: string; count: string; userCount: number; statusDetails: object } };
    };
    return body.data.issue;
  };
  return after;
}

it("counts down the events that an archive has left, and leaves the last one to the escalation", () => {
  const after = anArchivedIssue({ is: "events", limit: 100, window: null });
  const before = after(0);
  expect(before.statusDetails).toMatchObject({ ignoreCount: 100, ignoreWindow: null });
  const later = after(2);
  expect(later.statusDetails).toMatchObject({ ignoreCount: 1 });
  expect(Number(later.count) - Number(before.count)).toBe(99);
});

it("shows what was asked for where an archive has a window", () => {
  const after = anArchivedIssue({ is: "events", limit: 100, window: 60 });
  expect(after(2).statusDetails).toMatchObject({ ignoreCount: 100, ignoreWindow: 60 });
});

it("has fewer new users than an archive allows", () => {
  const after = anArchivedIssue({ is: "users", limit: 10, window: null });
  const before = after(0).userCount;
  expect(after(2).userCount - before).toBe(9);
});

it("shows an archive as unresolved once its time is over, without its details", () => {
  const after = anArchivedIssue({ is: "time", ms: day });
  expect(after(0.5)).toMatchObject({ status: "ignored", substatus: "archived_until_condition_met" });
  expect(after(0.5).statusDetails).toMatchObject({ ignoreUntil: "2026-10-03T00:00:00.000000Z" });
  expect(after(1.5)).toMatchObject({
    status: "unresolved",
    substatus: "archived_until_condition_met",
    statusDetails: {},
  });
});
