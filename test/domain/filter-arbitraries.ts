import fc, { type Arbitrary } from "fast-check";
import {
  actorTypes,
  issueLevels,
  issuePriorities,
  issueStatuses,
  issueSubstatuses,
} from "../../src/domain/issue.ts";
import type { Issue, IssueFields, Project, State } from "../../src/domain/issue.ts";
import { eventSources, transitionKinds, type LogEntry } from "../../src/domain/event.ts";
import type {
  Comparator,
  DateComparator,
  IssueFilter,
  Moment,
  OrderedComparator,
  StringComparator,
  TransitionFilter,
} from "../../src/domain/filter.ts";
import { anEntry, anIssue } from "./an-issue.ts";

/**
 * Issues and filters draw from the same few values, so that about one issue in four passes. Each value is there because
 * something can go wrong with it.
 */

const usualTexts = fc.constantFrom("", "a", "A", "ab", "aB", "Σ", "ς", "%", "\uFFFD");
const rareTexts = fc.constantFrom(
  ...Array.from("bB_\\'\"ßẞσİiıIkéẖ😀𐐀𐐨"),
  "\u212A",
  "ss",
  "e\u0301",
  "H\u0331",
  "null",
);
const storedText = fc.oneof(
  { weight: 8, arbitrary: usualTexts },
  { weight: 3, arbitrary: rareTexts },
  { weight: 3, arbitrary: fc.tuple(usualTexts, fc.oneof(usualTexts, rareTexts)).map((two) => two.join("")) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "binary", maxLength: 3 }).map((text) => text.replaceAll("\0", "\uFFFD")),
  },
);
/** A client may also send text that no store holds. */
const sentText = fc.oneof(
  { weight: 9, arbitrary: storedText },
  { weight: 1, arbitrary: fc.constantFrom("\0", "\uD800", "a\uDC00", "a\0", "\uD83D") },
);

const ids = fc.constantFrom("1", "2", "3", "10", "é");
const numbers = fc.constantFrom(
  0,
  1,
  2,
  10,
  2 ** 31,
  2 ** 32 + 1,
  Number.MAX_SAFE_INTEGER - 1,
  Number.MAX_SAFE_INTEGER,
);

const now = Date.UTC(2024, 2, 31, 12);
const leapDay = Date.UTC(2024, 1, 29, 12);
const times = fc.constantFrom(-1, 0, 1, now - 1, now, now + 1, leapDay - 1, leapDay, leapDay + 1);
/** What the clock may show. */
export const moments = fc.constantFrom(now, now + 1, now - 1);
const durations = fc.record({ months: fc.constantFrom(0, 0, -1), milliseconds: fc.constantFrom(0, -1, 1) });
const boundaries: Arbitrary<Moment> = fc.oneof(
  times.map((at) => ({ at })),
  durations.map((fromNow) => ({ fromNow })),
);

/** Sentry's words for an enum, and some words that no enum has. */
function rawOf(words: readonly string[]): Arbitrary<string> {
  const raw = words.map((word) => word.toLowerCase());
  return fc.constantFrom(...raw, ...raw, "", "odd", "Odd", words[0]!);
}

function orNull<Value>(values: Arbitrary<Value>): Arbitrary<Value | null> {
  return fc.option(values, { nil: null, freq: 3 });
}

const states: Arbitrary<State> = fc.record({
  status: rawOf(issueStatuses),
  substatus: orNull(rawOf(issueSubstatuses)),
});
const projects: Arbitrary<Project> = fc.record({
  sentryId: ids,
  slug: storedText,
  name: fc.constant("Web"),
  platform: fc.constant(null),
});
const shownFields: Arbitrary<Partial<IssueFields>> = fc.record({
  shortId: orNull(storedText),
  title: storedText,
  culprit: orNull(storedText),
  levelRaw: orNull(rawOf(issueLevels)),
  priorityRaw: orNull(rawOf(issuePriorities)),
  category: orNull(storedText),
  issueType: orNull(storedText),
  platform: orNull(storedText),
  project: orNull(projects),
  assignee: orNull(
    fc.oneof(
      fc.record({ type: fc.constant("USER"), sentryId: ids, name: storedText, email: orNull(storedText) }),
      fc.record({ type: fc.constant("TEAM"), sentryId: ids, name: storedText, email: fc.constant(null) }),
    ),
  ),
  isUnhandled: orNull(fc.boolean()),
  count: numbers,
  userCount: numbers,
  firstSeen: orNull(times),
  lastSeen: orNull(times),
});

export const issues: Arbitrary<Issue> = fc
  .record({ sentryId: ids, state: states, statusSince: times, shown: shownFields })
  .map(({ shown, ...known }) => anIssue({ ...known, ...shown }));

export const entries: Arbitrary<LogEntry> = fc
  .record({
    after: issues,
    transition: orNull(
      fc.record({ from: orNull(states), to: states, kind: fc.constantFrom(...transitionKinds) }),
    ),
    source: fc.constantFrom(...eventSources),
    occurredAt: times,
    actor: orNull(
      fc.record({ type: fc.constantFrom(...actorTypes), sentryId: ids, name: fc.constant("Ada") }),
    ),
  })
  .map(({ after, ...told }) => anEntry(told, after));

/** A few of these operators: one to `most`, or seldom none. */
function someOf<Operators extends object>(
  operators: { readonly [Name in keyof Operators]-?: Arbitrary<NonNullable<Operators[Name]>> },
  most: number,
): Arbitrary<Operators> {
  const given = Object.entries<Arbitrary<unknown>>(operators).map(([name, values]) =>
    values.map((operand): [string, unknown] => [name, operand]),
  );
  const count = fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 15, arbitrary: fc.constant(most) },
  );
  // If an operator is drawn twice, the last one counts.
  return count
    .chain((maxLength) => fc.array(fc.oneof(...given), { minLength: Math.min(1, maxLength), maxLength }))
    .map((drawn) => Object.fromEntries(drawn) as Operators);
}

function comparators<Value>(values: Arbitrary<Value>): {
  readonly [Name in keyof Comparator<Value>]-?: Arbitrary<NonNullable<Comparator<Value>[Name]>>;
} {
  const lists = fc.array(values, { maxLength: 4 });
  return { eq: values, neq: values, in: lists, nin: lists, null: fc.boolean() } as ReturnType<
    typeof comparators<Value>
  >;
}

const textComparators = someOf<StringComparator>(
  { ...comparators(sentText), contains: sentText, startsWith: sentText },
  2,
);
const idComparators = someOf<Comparator<string>>(
  comparators(fc.oneof({ weight: 4, arbitrary: ids }, { weight: 1, arbitrary: sentText })),
  2,
);
const numberComparators = someOf<OrderedComparator>(
  { eq: numbers, neq: numbers, gt: numbers, gte: numbers, lt: numbers, lte: numbers, null: fc.boolean() },
  2,
);
const dateComparators = someOf<DateComparator>(
  { gt: boundaries, gte: boundaries, lt: boundaries, lte: boundaries, null: fc.boolean() },
  2,
);
function wordComparators<Word extends string>(words: readonly Word[]): Arbitrary<Comparator<Word>> {
  return someOf<Comparator<Word>>(comparators(fc.constantFrom(...words)), 2);
}

const plainIssueFilters = someOf<Omit<IssueFilter, Nesting>>(
  {
    sentryId: idComparators,
    shortId: textComparators,
    search: sentText,
    title: textComparators,
    culprit: textComparators,
    status: wordComparators(issueStatuses),
    substatus: wordComparators(issueSubstatuses),
    statusSince: dateComparators,
    level: wordComparators(issueLevels),
    priority: wordComparators(issuePriorities),
    category: textComparators,
    issueType: textComparators,
    platform: textComparators,
    project: someOf<NonNullable<IssueFilter["project"]>>(
      { sentryId: idComparators, slug: textComparators },
      2,
    ),
    assignee: someOf<NonNullable<IssueFilter["assignee"]>>(
      {
        null: fc.boolean(),
        sentryId: idComparators,
        email: textComparators,
        name: textComparators,
        type: fc.constantFrom("USER", "TEAM"),
      },
      2,
    ),
    isUnhandled: someOf<NonNullable<IssueFilter["isUnhandled"]>>({ eq: fc.boolean(), null: fc.boolean() }, 2),
    count: numberComparators,
    userCount: numberComparators,
    firstSeen: dateComparators,
    lastSeen: dateComparators,
  },
  2,
);

/** Filters nested at most four deep. */
export const issueFilters: Arbitrary<IssueFilter> = nested<IssueFilter>(plainIssueFilters, 4);

/** Filters nested at most four deep, with issue filters nested at most two deep. */
export const transitionFilters: Arbitrary<TransitionFilter> = nested<TransitionFilter>(
  someOf<Omit<TransitionFilter, Nesting>>(
    {
      issue: nested<IssueFilter>(plainIssueFilters, 2),
      kind: fc.array(fc.constantFrom(...transitionKinds), { maxLength: 6 }),
      source: fc.array(fc.constantFrom(...eventSources), { maxLength: 2 }),
      fromStatus: wordComparators(issueStatuses),
      toStatus: wordComparators(issueStatuses),
      toSubstatus: wordComparators(issueSubstatuses),
      occurredAt: dateComparators,
      actorType: fc.array(fc.constantFrom(...actorTypes), { maxLength: 3 }),
    },
    2,
  ),
  4,
);

type Nesting = "and" | "or" | "not";

function nested<Filter extends { readonly [Name in Nesting]?: unknown }>(
  plain: Arbitrary<Filter>,
  depth: number,
): Arbitrary<Filter> {
  if (depth === 1) return plain;
  const inner = nested(plain, depth - 1);
  const lists = fc.array(inner, { maxLength: 3 });
  const nesting = fc.oneof(
    lists.map((and) => ({ and })),
    lists.map((or) => ({ or })),
    inner.map((not) => ({ not })),
  ) as Arbitrary<Partial<Filter>>;
  return fc.oneof(
    plain,
    fc.tuple(fc.option(plain), nesting).map(([fields, around]) => ({ ...fields, ...around }) as Filter),
  );
}
