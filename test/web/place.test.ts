import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  assigneeKey,
  filterOf,
  levelChoices,
  placeOf,
  seenChoices,
  shownFilter,
  spanChoices,
  startPlace,
  statusChoices,
  type Place,
  type SeenChoice,
  type SpanChoice,
} from "../../src/web/client/place.ts";

const text = fc
  .string({ unit: "binary", minLength: 1, maxLength: 40, size: "max" })
  .filter((value) => value.isWellFormed());
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

const places: fc.Arbitrary<Place> = fc.record({
  view: fc.constantFrom("issues", "statistics", "feed"),
  issue: orNull(text),
  status: fc.constantFrom(...statusChoices),
  level: orNull(fc.constantFrom(...levelChoices)),
  project: orNull(text),
  assignee: orNull(text),
  seen: orNull(fc.constantFrom(...(Object.keys(seenChoices) as SeenChoice[]))),
  search: fc.oneof(fc.constant(""), text),
  order: fc.record({
    field: fc.constantFrom("LAST_SEEN", "FIRST_SEEN", "STATUS_SINCE", "COUNT", "USER_COUNT", "PRIORITY"),
    direction: fc.constantFrom("ASC", "DESC"),
  }),
  page: orNull(fc.record({ is: fc.constantFrom("after", "before"), cursor: text })),
  span: fc.constantFrom(...(Object.keys(spanChoices) as SpanChoice[])),
});

describe("an address of the page", () => {
  it("leads back to the place it was made of", () => {
    fc.assert(
      fc.property(places, (place) => {
        expect(placeOf(new URL(addressOf(place), "http://gateway").search)).toEqual(place);
      }),
    );
  });

  it("is / at the start, and short in between", () => {
    expect(addressOf(startPlace)).toBe("/");
    expect(
      addressOf({ ...startPlace, project: "450987", order: { field: "COUNT", direction: "DESC" } }),
    ).toBe("/?project=450987&order=-events");
  });

  it("leads to the start where it is not understood", () => {
    expect(placeOf("?view=x&status=&level=loud&seen=ever&order=-&span=9&after=")).toEqual(startPlace);
    expect(fc.sample(fc.string(), 200).every((search) => placeOf(search).view === "issues")).toBe(true);
  });
});

describe("a place's filter", () => {
  it("names what is chosen and nothing else", () => {
    expect(filterOf({ ...startPlace, status: "all" })).toEqual({});
    expect(
      filterOf({
        ...startPlace,
        status: "archived",
        level: "fatal",
        project: "450987",
        assignee: "nobody",
        seen: "24h",
        search: " timeout ",
      }),
    ).toEqual({
      status: { eq: "IGNORED" },
      level: { eq: "FATAL" },
      project: { sentryId: { eq: "450987" } },
      assignee: { null: true },
      lastSeen: { gte: "-PT24H" },
      search: "timeout",
    });
  });

  it("takes what is no id of a project for its slug", () => {
    expect(shownFilter({ ...startPlace, project: "checkout-2" })).toEqual({
      project: { slug: { eq: "checkout-2" } },
    });
  });

  it("leaves the status out for statistics", () => {
    expect(shownFilter({ ...startPlace, assignee: "7" })).toEqual({ assignee: { sentryId: { eq: "7" } } });
  });

  it("tells a team from a user of the same id", () => {
    const filterFor = (__typename: "User" | "Team", sentryId: string) =>
      shownFilter({ ...startPlace, assignee: assigneeKey({ __typename, sentryId, name: "" }) });
    expect(filterFor("User", "7")).toEqual({ assignee: { type: "USER", sentryId: { eq: "7" } } });
    expect(filterFor("Team", "7")).toEqual({ assignee: { type: "TEAM", sentryId: { eq: "7" } } });
    expect(filterFor("User", "nobody")).toEqual({ assignee: { type: "USER", sentryId: { eq: "nobody" } } });
    expect(shownFilter({ ...startPlace, assignee: assigneeKey(null) })).toEqual({ assignee: { null: true } });
  });
});
