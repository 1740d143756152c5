import { builder } from "./builder.ts";
import { IssueLevelType, IssuePriorityType, IssueStatusType, IssueSubstatusType } from "./issue-enums.ts";

/**
 * What all comparators say alike. An operator given as null counts as not given; several in one comparator must all
 * hold; a value that is null satisfies `neq`, `nin` and `null: true`, and nothing else.
 */
const operators = {
  eq: "Equal to this.",
  neq: "Anything but this, null included.",
  in: "One of these, at most 1,000; an empty list matches nothing.",
  nin: "None of these, at most 1,000, null included; an empty list matches everything.",
  null: "`true`: only where there is none. `false`: only where there is one.",
} as const;

const rules = "Operators given together must all hold; one given as null counts as not given.";

export const IDComparatorType = builder.inputType("IDComparator", {
  description: `Compares one of Sentry's ids, exactly. ${rules}`,
  fields: (t) => ({
    eq: t.string({ description: operators.eq }),
    neq: t.string({ description: operators.neq }),
    in: t.stringList({ description: operators.in }),
    nin: t.stringList({ description: operators.nin }),
  }),
});

export const StringComparatorType = builder.inputType("StringComparator", {
  description:
    "Compares a text. `eq`, `neq`, `in` and `nin` are exact; `contains` and `startsWith` ignore case, and `%` and " +
    `\`_\` stand for themselves. ${rules}`,
  fields: (t) => ({
    eq: t.string({ description: operators.eq }),
    neq: t.string({ description: operators.neq }),
    in: t.stringList({ description: operators.in }),
    nin: t.stringList({ description: operators.nin }),
    contains: t.string({ description: "Has this somewhere in it, whatever the case." }),
    startsWith: t.string({ description: "Begins with this, whatever the case." }),
    null: t.boolean({ description: operators.null }),
  }),
});

export const NumberComparatorType = builder.inputType("NumberComparator", {
  description: `Compares a whole number. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: "BigInt", description: operators.eq }),
    neq: t.field({ type: "BigInt", description: "Anything but this." }),
    gt: t.field({ type: "BigInt", description: "Greater than this." }),
    gte: t.field({ type: "BigInt", description: "This or greater." }),
    lt: t.field({ type: "BigInt", description: "Less than this." }),
    lte: t.field({ type: "BigInt", description: "This or less." }),
  }),
});

export const DateComparatorType = builder.inputType("DateComparator", {
  description:
    'Compares a time with times, or with durations from now: `{ gt: "-P7D" }` is within the last seven days. In a ' +
    `subscription, now is when the event was committed. A time that is null is neither before nor after any. ${rules}`,
  fields: (t) => ({
    gt: t.field({ type: "DateTimeOrDuration", description: "Later than this." }),
    gte: t.field({ type: "DateTimeOrDuration", description: "At this time or later." }),
    lt: t.field({ type: "DateTimeOrDuration", description: "Earlier than this." }),
    lte: t.field({ type: "DateTimeOrDuration", description: "At this time or earlier." }),
    null: t.boolean({ description: operators.null }),
  }),
});

export const BooleanComparatorType = builder.inputType("BooleanComparator", {
  description: `Compares a yes or no that can be unknown. ${rules}`,
  fields: (t) => ({
    eq: t.boolean({ description: operators.eq }),
    null: t.boolean({ description: operators.null }),
  }),
});

export const IssueStatusComparatorType = builder.inputType("IssueStatusComparator", {
  description: `Compares a status. \`OTHER\` stands for every one that this version does not know. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssueStatusType, description: operators.eq }),
    neq: t.field({ type: IssueStatusType, description: operators.neq }),
    in: t.field({ type: [IssueStatusType], description: operators.in }),
    nin: t.field({ type: [IssueStatusType], description: operators.nin }),
  }),
});

export const IssueSubstatusComparatorType = builder.inputType("IssueSubstatusComparator", {
  description: `Compares a substatus. \`OTHER\` stands for every one that this version does not know. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssueSubstatusType, description: operators.eq }),
    neq: t.field({ type: IssueSubstatusType, description: operators.neq }),
    in: t.field({ type: [IssueSubstatusType], description: operators.in }),
    nin: t.field({ type: [IssueSubstatusType], description: operators.nin }),
    null: t.boolean({ description: operators.null }),
  }),
});

export const IssueLevelComparatorType = builder.inputType("IssueLevelComparator", {
  description: `Compares a level. \`UNKNOWN\` stands for every one that this version does not know. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssueLevelType, description: operators.eq }),
    neq: t.field({ type: IssueLevelType, description: operators.neq }),
    in: t.field({ type: [IssueLevelType], description: operators.in }),
    nin: t.field({ type: [IssueLevelType], description: operators.nin }),
  }),
});

export const IssuePriorityComparatorType = builder.inputType("IssuePriorityComparator", {
  description: `Compares a priority. One that this version does not know is null. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssuePriorityType, description: operators.eq }),
    neq: t.field({ type: IssuePriorityType, description: operators.neq }),
    in: t.field({ type: [IssuePriorityType], description: operators.in }),
    nin: t.field({ type: [IssuePriorityType], description: operators.nin }),
    null: t.boolean({ description: operators.null }),
  }),
});
