import type { LogEntry } from "../../src/domain/event.ts";
import type { IssueFilter, TransitionFilter } from "../../src/domain/filter.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { anEntry, anIssue } from "./an-issue.ts";

/** One rule of the filter vocabulary, by example. All interpreters must agree on it. */
export type FilterCase<Filter, Subject> = readonly [
  rule: string,
  filter: Filter,
  passes: readonly Subject[],
  fails: readonly Subject[],
];

/** 31 March 2026, noon, from which relative times in the cases count. */
export const noon = Date.UTC(2026, 2, 31, 12);

const bare = anIssue({
  shortId: null,
  culprit: null,
  state: { status: "unresolved", substatus: null },
  levelRaw: null,
  priorityRaw: null,
  category: null,
  issueType: null,
  platform: null,
  project: null,
  assignee: null,
  isUnhandled: null,
  firstSeen: null,
  lastSeen: null,
});
const usual = anIssue();
const both = [usual, bare];

const titled = (title: string) => anIssue({ title });
const by = (culprit: string | null) => anIssue({ culprit });
const being = (status: string, substatus: string | null = null) => anIssue({ state: { status, substatus } });
const atLevel = (levelRaw: string | null) => anIssue({ levelRaw });
const withPriority = (priorityRaw: string | null) => anIssue({ priorityRaw });
const seen = (lastSeen: number | null) => anIssue({ lastSeen });
const counted = (count: number) => anIssue({ count });
const mailed = (email: string | null) =>
  anIssue({ assignee: { type: "USER", sentryId: "3", name: "Ada", email } });
const team = anIssue({ assignee: { type: "TEAM", sentryId: "3", name: "Ops", email: null } });

export const issueCases: readonly FilterCase<IssueFilter, Issue>[] = [
  // What is not given
  ["{} passes everything", {}, both, []],
  ["an empty comparator passes everything", { culprit: {}, level: {}, count: {} }, both, []],
  ["an empty date comparator passes everything", { lastSeen: {} }, both, []],
  ["an empty filter of the assignee passes everything", { assignee: {}, project: {} }, both, []],

  // AND, OR, NOT
  ["and: [] passes everything", { and: [] }, both, []],
  ["or: [] passes nothing", { or: [] }, [], both],
  ["not {} passes nothing", { not: {} }, [], both],
  ["not or: [] passes everything", { not: { or: [] } }, both, []],
  ["not and: [] passes nothing", { not: { and: [] } }, [], both],
  [
    "and asks for every filter",
    { and: [{ count: { gt: 3 } }, { title: { eq: "a" } }] },
    [anIssue({ count: 4, title: "a" })],
    [anIssue({ count: 4, title: "b" }), anIssue({ count: 3, title: "a" })],
  ],
  [
    "or asks for one filter",
    { or: [{ count: { gt: 3 } }, { title: { eq: "a" } }] },
    [anIssue({ count: 4, title: "b" }), anIssue({ count: 3, title: "a" })],
    [anIssue({ count: 3, title: "b" })],
  ],
  [
    "fields of one filter, or among them, are joined by AND",
    { count: { gt: 3 }, or: [{ title: { eq: "a" } }, { title: { eq: "b" } }] },
    [anIssue({ count: 4, title: "b" })],
    [anIssue({ count: 3, title: "b" }), anIssue({ count: 4, title: "c" })],
  ],
  [
    "operators of one comparator are joined by AND",
    { culprit: { neq: "a", startsWith: "a", null: false } },
    [by("ab")],
    [by("a"), by("b"), by(null)],
  ],
  [
    "not turns a whole filter round",
    { not: { count: { gt: 3 }, culprit: { eq: "a" } } },
    [anIssue({ count: 4, culprit: null }), anIssue({ count: 3, culprit: "a" })],
    [anIssue({ count: 4, culprit: "a" })],
  ],
  [
    "not turns or round",
    { not: { or: [{ count: { gt: 3 } }, { culprit: { eq: "a" } }] } },
    [anIssue({ count: 3, culprit: null })],
    [anIssue({ count: 4, culprit: null }), anIssue({ count: 3, culprit: "a" })],
  ],
  ["not not is what it was", { not: { not: { culprit: { eq: "a" } } } }, [by("a")], [by("b"), by(null)]],

  // Null
  ["null does not satisfy eq", { culprit: { eq: "a" } }, [by("a")], [by("b"), by(null)]],
  ["null satisfies neq", { culprit: { neq: "a" } }, [by("b"), by(null)], [by("a")]],
  ["null does not satisfy in", { culprit: { in: ["a", "b"] } }, [by("b")], [by("c"), by(null)]],
  ["null satisfies nin", { culprit: { nin: ["a", "b"] } }, [by("c"), by(null)], [by("b")]],
  ["in: [] passes nothing", { culprit: { in: [] } }, [], [by("a"), by(null)]],
  ["nin: [] passes everything", { culprit: { nin: [] } }, [by("a"), by(null)], []],
  ["null: true asks for null", { culprit: { null: true } }, [by(null)], [by("")]],
  ["null: false asks for a value", { culprit: { null: false } }, [by("")], [by(null)]],
  ["null holds no text, not even an empty one", { culprit: { contains: "" } }, [by(""), by("a")], [by(null)]],
  [
    "null begins with no text, not even an empty one",
    { culprit: { startsWith: "" } },
    [by(""), by("a")],
    [by(null)],
  ],
  ["not eq passes null", { not: { culprit: { eq: "a" } } }, [by("b"), by(null)], [by("a")]],
  ["not neq fails null", { not: { culprit: { neq: "a" } } }, [by("a")], [by("b"), by(null)]],
  ["not in passes null", { not: { culprit: { in: ["a", "b"] } } }, [by("c"), by(null)], [by("a")]],
  ["not nin fails null", { not: { culprit: { nin: ["a", "b"] } } }, [by("a")], [by("c"), by(null)]],
  ["not contains passes null", { not: { culprit: { contains: "a" } } }, [by("b"), by(null)], [by("ba")]],
  ["not null: true asks for a value", { not: { culprit: { null: true } } }, [by("")], [by(null)]],
  ["an empty text is not null", { culprit: { eq: "" } }, [by("")], [by(null), by("a")]],

  // Text
  ["eq is exact", { title: { eq: "É" } }, [titled("É")], [titled("é"), titled("E\u0301")]],
  ["in is exact", { title: { in: ["É", "b"] } }, [titled("É")], [titled("é"), titled("B")]],
  [
    "contains is folded on both sides",
    { title: { contains: "ΣΑς" } },
    [titled("xσας"), titled("ΣΑΣx")],
    [titled("σα")],
  ],
  [
    "contains is composed on both sides",
    { title: { contains: "e\u0301" } },
    [titled("CAFÉ")],
    [titled("cafe")],
  ],
  [
    "startsWith is folded on both sides",
    { title: { startsWith: "STRAẞ" } },
    [titled("straße 1")],
    [titled("strasse"), titled("x straße")],
  ],
  [
    "startsWith goes by characters, not by their halves",
    { title: { startsWith: "😀" } },
    [titled("😀😀")],
    [titled("😁"), titled("a😀")],
  ],
  [
    "% and _ are ordinary characters",
    { title: { contains: "a%_" } },
    [titled("xA%_x")],
    [titled("abc"), titled("a%b")],
  ],
  [
    "so they are at the beginning",
    { title: { startsWith: "%_" } },
    [titled("%_x")],
    [titled("ab"), titled("")],
  ],
  [
    "quotes are ordinary characters",
    { title: { in: [`'"`, "\\", "x"] } },
    [titled(`'"`), titled("\\")],
    [titled("'")],
  ],
  [
    "NUL is found where intake wrote U+FFFD",
    { title: { contains: "a\0" } },
    [titled("a\uFFFD")],
    [titled("a")],
  ],
  ["a lone surrogate equals no stored text", { title: { eq: "\uD800" } }, [], [titled("\uFFFD"), titled("")]],
  ["a lone surrogate is unlike every stored text", { title: { neq: "\uD800" } }, [titled("\uFFFD")], []],
  ["NUL equals no stored text", { title: { in: ["a\0", "a\0b"] } }, [], [titled("a\uFFFD"), titled("a")]],
  [
    "NUL is unlike every stored text",
    { title: { nin: ["a\0", "a\0b"] } },
    [titled("a\uFFFD"), titled("a")],
    [],
  ],

  // Search
  ["search finds in the title", { search: "TYPEerror" }, [titled("A TypeError")], [titled("Type Error")]],
  ["search finds in the culprit", { search: "main.ts" }, [by("src/MAIN.ts")], [by(null)]],
  [
    "search finds in the short id",
    { search: "api-2" },
    [anIssue({ shortId: "API-2F" })],
    [anIssue({ shortId: null })],
  ],
  [
    "search finds in one of them, not across",
    { search: "ab" },
    [],
    [anIssue({ title: "a", culprit: "b", shortId: null })],
  ],
  ["an empty search finds everything", { search: "" }, both, []],
  [
    "not search asks that none of them has it",
    { not: { search: "main" } },
    [anIssue({ culprit: null })],
    [by("main"), titled("main")],
  ],

  // Closed sets that have grown
  [
    "status is Sentry's word",
    { status: { eq: "RESOLVED" } },
    [being("resolved")],
    [being("unresolved"), being("RESOLVED")],
  ],
  [
    "status is the state, not what the newest delivery shows",
    { status: { eq: "RESOLVED" } },
    [anIssue({ state: { status: "resolved", substatus: null }, statusRaw: "ignored" })],
    [anIssue({ statusRaw: "resolved" })],
  ],
  [
    "OTHER is every status this version does not know",
    { status: { eq: "OTHER" } },
    [being("muted"), being("other"), being("Resolved"), being("")],
    [being("resolved"), being("ignored"), being("unresolved")],
  ],
  [
    "neq leaves the other statuses",
    { status: { neq: "RESOLVED" } },
    [being("ignored"), being("muted")],
    [being("resolved")],
  ],
  [
    "nin may name OTHER",
    { status: { nin: ["OTHER", "IGNORED"] } },
    [being("resolved")],
    [being("ignored"), being("muted")],
  ],
  [
    "in of all four passes everything",
    { status: { in: ["OTHER", "IGNORED", "RESOLVED", "UNRESOLVED"] } },
    [being("resolved"), being("muted")],
    [],
  ],
  [
    "operators on one status are joined by AND",
    { status: { in: ["RESOLVED", "IGNORED"], neq: "IGNORED" } },
    [being("resolved")],
    [being("ignored")],
  ],
  [
    "OTHER is every substatus this version does not know",
    { substatus: { eq: "OTHER" } },
    [being("ignored", "archived_for_a_week"), being("ignored", "other")],
    [being("ignored", "archived_forever"), being("ignored")],
  ],
  [
    "a substatus that is not known is null",
    { substatus: { null: true } },
    [being("ignored")],
    [being("ignored", "odd"), being("ignored", "archived_forever")],
  ],
  [
    "null satisfies neq of a substatus",
    { substatus: { neq: "OTHER" } },
    [being("ignored"), being("unresolved", "new")],
    [being("ignored", "odd")],
  ],
  [
    "null does not satisfy in of substatuses",
    { substatus: { in: ["NEW", "OTHER"] } },
    [being("unresolved", "new"), being("unresolved", "odd")],
    [being("unresolved"), being("unresolved", "ongoing")],
  ],
  [
    "UNKNOWN is every level this version does not know, and none",
    { level: { eq: "UNKNOWN" } },
    [atLevel("unknown"), atLevel("critical"), atLevel(null)],
    [atLevel("error")],
  ],
  [
    "a level is never null",
    { level: { neq: "UNKNOWN" } },
    [atLevel("error")],
    [atLevel(null), atLevel("critical")],
  ],
  [
    "not of a level passes none",
    { not: { level: { eq: "ERROR" } } },
    [atLevel(null), atLevel("critical"), atLevel("info")],
    [atLevel("error")],
  ],
  [
    "priority is Sentry's word",
    { priority: { in: ["LOW", "HIGH"] } },
    [withPriority("low"), withPriority("high")],
    [withPriority("medium"), withPriority(null), withPriority("urgent")],
  ],
  [
    "a priority this version does not know is null",
    { priority: { null: true } },
    [withPriority(null), withPriority("urgent")],
    [withPriority("low")],
  ],
  [
    "null: false asks for a priority it knows",
    { priority: { null: false } },
    [withPriority("medium")],
    [withPriority(null), withPriority("urgent")],
  ],
  [
    "such a priority satisfies neq",
    { priority: { neq: "LOW" } },
    [withPriority("urgent"), withPriority(null)],
    [withPriority("low")],
  ],

  // Numbers
  ["eq of a number", { count: { eq: 5 } }, [counted(5)], [counted(4)]],
  ["neq of a number", { count: { neq: 5 } }, [counted(4)], [counted(5)]],
  ["gt leaves out its bound", { count: { gt: 5 } }, [counted(6)], [counted(5), counted(4)]],
  ["gte includes its bound", { count: { gte: 5 } }, [counted(6), counted(5)], [counted(4)]],
  ["lt leaves out its bound", { count: { lt: 5 } }, [counted(4)], [counted(5), counted(6)]],
  ["lte includes its bound", { count: { lte: 5 } }, [counted(4), counted(5)], [counted(6)]],
  [
    "several bounds make a range",
    { count: { gte: 2, lt: 5 } },
    [counted(2), counted(4)],
    [counted(1), counted(5)],
  ],
  ["not gt is lte", { not: { count: { gt: 5 } } }, [counted(5)], [counted(6)]],
  ["not gte is lt", { not: { count: { gte: 5 } } }, [counted(4)], [counted(5)]],
  ["not lt is gte", { not: { count: { lt: 5 } } }, [counted(5)], [counted(4)]],
  ["not lte is gt", { not: { count: { lte: 5 } } }, [counted(6)], [counted(5)]],
  [
    "not turns a range round",
    { not: { count: { gte: 2, lt: 5 } } },
    [counted(1), counted(5)],
    [counted(2), counted(4)],
  ],
  [
    "a count may be as large as JSON tells",
    { count: { eq: Number.MAX_SAFE_INTEGER } },
    [counted(Number.MAX_SAFE_INTEGER)],
    [counted(Number.MAX_SAFE_INTEGER - 1)],
  ],
  [
    "users are counted apart",
    { userCount: { gt: 2 } },
    [anIssue({ userCount: 3 })],
    [anIssue({ userCount: 2 })],
  ],

  // Times
  [
    "gt of a time leaves out its bound",
    { lastSeen: { gt: { at: noon } } },
    [seen(noon + 1)],
    [seen(noon), seen(null)],
  ],
  [
    "gte of a time includes its bound",
    { lastSeen: { gte: { at: noon } } },
    [seen(noon)],
    [seen(noon - 1), seen(null)],
  ],
  [
    "lt of a time leaves out its bound, and null",
    { lastSeen: { lt: { at: noon } } },
    [seen(noon - 1)],
    [seen(noon), seen(null)],
  ],
  [
    "lte of a time includes its bound",
    { lastSeen: { lte: { at: noon } } },
    [seen(noon)],
    [seen(noon + 1), seen(null)],
  ],
  [
    "a time may be before 1970",
    { firstSeen: { lt: { at: 0 } } },
    [anIssue({ firstSeen: -1 })],
    [anIssue({ firstSeen: 0 }), anIssue({ firstSeen: null })],
  ],
  ["null: true asks for no time", { lastSeen: { null: true } }, [seen(null)], [seen(0)]],
  ["null: false asks for a time", { lastSeen: { null: false } }, [seen(0)], [seen(null)]],
  [
    "not gt is lte, or null",
    { not: { lastSeen: { gt: { at: noon } } } },
    [seen(noon), seen(null)],
    [seen(noon + 1)],
  ],
  [
    "not gte is lt, or null",
    { not: { lastSeen: { gte: { at: noon } } } },
    [seen(noon - 1), seen(null)],
    [seen(noon)],
  ],
  [
    "not lt is gte, or null",
    { not: { lastSeen: { lt: { at: noon } } } },
    [seen(noon), seen(null)],
    [seen(noon - 1)],
  ],
  [
    "not lte is gt, or null",
    { not: { lastSeen: { lte: { at: noon } } } },
    [seen(noon + 1), seen(null)],
    [seen(noon)],
  ],
  [
    "a relative time counts from now",
    { lastSeen: { gte: { fromNow: { months: 0, milliseconds: -3_600_000 } } } },
    [seen(noon - 3_600_000)],
    [seen(noon - 3_600_001)],
  ],
  [
    "a month ago is the last day of a shorter month",
    { statusSince: { gte: { fromNow: { months: -1, milliseconds: 0 } } } },
    [anIssue({ statusSince: Date.UTC(2026, 1, 28, 12) })],
    [anIssue({ statusSince: Date.UTC(2026, 1, 28, 12) - 1 })],
  ],

  // The project and the assignee
  ["a project by its id", { project: { sentryId: { eq: "7" } } }, [usual], [bare]],
  [
    "a project by its slug",
    { project: { slug: { startsWith: "wE" } } },
    [usual, anIssue({ project: { sentryId: "7", slug: "WEB", name: "Web", platform: null } })],
    [bare],
  ],
  ["without a project its fields are null", { project: { slug: { neq: "web" } } }, [bare], [usual]],
  ["an assignee by id", { assignee: { sentryId: { in: ["3", "4"] } } }, [usual, team], [bare]],
  [
    "an assignee by e-mail",
    { assignee: { email: { contains: "@eXAMPLE." } } },
    [mailed("ada@example.com"), mailed("Ada@Example.com")],
    [mailed(null), team, bare],
  ],
  ["an assignee by name", { assignee: { name: { eq: "Ops" } } }, [team], [usual, bare]],
  ["an assignee by part of the name", { assignee: { name: { contains: "OP" } } }, [team], [usual, bare]],
  ["an assignee by type", { assignee: { type: "TEAM" } }, [team], [usual, bare]],
  ["unassigned", { assignee: { null: true } }, [bare], [usual, team]],
  ["assigned", { assignee: { null: false } }, [usual, team], [bare]],
  [
    "unassigned satisfies neq of every field",
    { assignee: { email: { neq: "x@y.z" }, sentryId: { neq: "9" } } },
    [bare, usual, team],
    [mailed("x@y.z")],
  ],
  ["unassigned has null in every field", { assignee: { email: { null: true } } }, [bare, team], [usual]],
  ["not of a type passes unassigned", { not: { assignee: { type: "USER" } } }, [bare, team], [usual]],

  // The rest
  [
    "Sentry's id",
    { sentryId: { nin: ["2", "3"] } },
    [anIssue({ sentryId: "1" })],
    [anIssue({ sentryId: "2" })],
  ],
  ["a flag", { isUnhandled: { eq: false } }, [usual], [bare, anIssue({ isUnhandled: true })]],
  [
    "not of a flag passes null",
    { not: { isUnhandled: { eq: true } } },
    [usual, bare],
    [anIssue({ isUnhandled: true })],
  ],
  ["a flag that was not sent", { isUnhandled: { null: true } }, [bare], [usual]],
  ["part of the culprit", { culprit: { contains: "pAY(" } }, [by("Pay(app)")], both],
  ["part of the category", { category: { startsWith: "oUt" } }, [anIssue({ category: "Outage" })], both],
  [
    "part of the platform",
    { platform: { contains: "sCRIPT" } },
    [anIssue({ platform: "JavaScript" })],
    [bare],
  ],
  ["category", { category: { eq: "outage" } }, [anIssue({ category: "outage" })], both],
  [
    "issue type",
    { issueType: { contains: "uPTIME" } },
    [anIssue({ issueType: "Uptime_domain_failure" })],
    both,
  ],
  ["platform", { platform: { nin: ["javascript", "go"] } }, [bare, anIssue({ platform: "python" })], [usual]],
  ["short id", { shortId: { startsWith: "web-" } }, [usual], [bare]],
];

const opened = anEntry({
  transition: { from: null, to: { status: "unresolved", substatus: "new" }, kind: "OPENED" },
});
const resolved = anEntry();
const archived = anEntry({
  transition: {
    from: { status: "resolved", substatus: null },
    to: { status: "ignored", substatus: "archived_forever" },
    kind: "ARCHIVED",
  },
});
const strange = anEntry({
  transition: {
    from: { status: "muted", substatus: null },
    to: { status: "snoozed", substatus: "odd" },
    kind: "OTHER",
  },
});
const assigned = anEntry({ transition: null });
const inferred = anEntry({ source: "INFERRED" });
const told = anEntry({ actor: { type: "USER", sentryId: "3", name: "Ada" } });
const automatic = anEntry({ actor: { type: "SENTRY", sentryId: "0", name: "Sentry" } });

export const transitionCases: readonly FilterCase<TransitionFilter, LogEntry>[] = [
  ["{} passes every transition, and no other event", {}, [opened, strange], [assigned]],
  ["not fails what is no transition", { not: { kind: ["OPENED"] } }, [resolved], [opened, assigned]],
  ["or: [] passes nothing", { or: [] }, [], [opened, assigned]],
  ["not or: [] passes every transition", { not: { or: [] } }, [opened], [assigned]],
  ["kind", { kind: ["OPENED", "OTHER"] }, [opened, strange], [resolved, archived]],
  ["kind: [] passes nothing", { kind: [] }, [], [opened, resolved]],
  ["source", { source: ["INFERRED"] }, [inferred], [resolved]],
  ["fromStatus", { fromStatus: { eq: "RESOLVED" } }, [archived], [opened, resolved, strange]],
  [
    "from nothing satisfies neq",
    { fromStatus: { neq: "RESOLVED" } },
    [opened, resolved, strange],
    [archived],
  ],
  ["from nothing is not OTHER", { fromStatus: { eq: "OTHER" } }, [strange], [opened]],
  ["toStatus", { toStatus: { in: ["RESOLVED", "OTHER"] } }, [resolved, strange], [opened, archived]],
  ["toSubstatus", { toSubstatus: { eq: "NEW" } }, [opened], [resolved, archived]],
  ["a substatus that is not known is null", { toSubstatus: { null: true } }, [resolved], [opened, strange]],
  [
    "occurredAt",
    { occurredAt: { gt: { fromNow: { months: 0, milliseconds: -1_000 } } } },
    [anEntry({ occurredAt: noon - 999 })],
    [anEntry({ occurredAt: noon - 1_000 })],
  ],
  ["actorType", { actorType: ["USER", "OTHER"] }, [told], [automatic, resolved]],
  [
    "not of an actor's type passes none",
    { not: { actorType: ["USER"] } },
    [automatic, resolved],
    [told, assigned],
  ],
  ["the issue", { issue: { title: { eq: "a" } } }, [anEntry({}, titled("a"))], [anEntry({}, titled("b"))]],
  ["an empty filter of the issue passes every transition", { issue: {} }, [resolved], [assigned]],
  [
    "not of the issue",
    { not: { issue: { culprit: { eq: "a" } } } },
    [anEntry({}, by(null)), anEntry({}, by("b"))],
    [anEntry({}, by("a"))],
  ],
  [
    "several fields are joined by AND",
    { kind: ["RESOLVED"], actorType: ["USER"] },
    [told],
    [automatic, anEntry({ transition: opened.event.transition, actor: told.event.actor })],
  ],
];
