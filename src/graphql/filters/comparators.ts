import { builder } from "../builder.ts";
import {
  IssueLevelType,
  IssuePriorityType,
  IssueStatusType,
  IssueSubstatusType,
} from "../types/issue-enums.ts";

/**
 * The descriptions that comparators share. An operator given as null counts as not given, and all operators in one
 * comparator must hold. A null value satisfies `neq`, `nin` and `null: true`, and nothing else.
 */
const operators = {
  eq: "Equal to this.",
  neq: "Anything but this, null included.",
  in: "One of these, at most 1,000; an empty list matches nothing.",
  nin: "None of these, at most 1,000, null included; an empty list matches everything.",
  null: "`true`: only if there is no value. `false`: only if there is one.",
} as const;

const rules = "All operators given must hold; one given as null is ignored.";

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
    "Compares a text. `eq`, `neq`, `in` and `nin` are exact; `contains` and `startsWith` ignore case, " +
    `and \`%\` and \`_\` are ordinary characters. ${rules}`,
  fields: (t) => ({
    eq: t.string({ description: operators.eq }),
    neq: t.string({ description: operators.neq }),
    in: t.stringList({ description: operators.in }),
    nin: t.stringList({ description: operators.nin }),
    contains: t.string({ description: "Contains this, ignoring case." }),
    startsWith: t.string({ description: "Starts with this, ignoring case." }),
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
    'Compares a time with another time, or with a duration from now: `{ gt: "-P7D" }` means within the ' +
    "last seven days. In a subscription, now is when the event was committed. A null time is neither " +
    `before nor after any other. ${rules}`,
  fields: (t) => ({
    gt: t.field({ type: "DateTimeOrDuration", description: "Later than this." }),
    gte: t.field({ type: "DateTimeOrDuration", description: "At this time or later." }),
    lt: t.field({ type: "DateTimeOrDuration", description: "Earlier than this." }),
    lte: t.field({ type: "DateTimeOrDuration", description: "At this time or earlier." }),
    null: t.boolean({ description: operators.null }),
  }),
});

export const BooleanComparatorType = builder.inputType("BooleanComparator", {
  description: `Compares a boolean that may be unknown. ${rules}`,
  fields: (t) => ({
    eq: t.boolean({ description: operators.eq }),
    null: t.boolean({ description: operators.null }),
  }),
});

export const IssueStatusComparatorType = builder.inputType("IssueStatusComparator", {
  description: `Compares a status. \`OTHER\` stands for every status that this version does not know. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssueStatusType, description: operators.eq }),
    neq: t.field({ type: IssueStatusType, description: operators.neq }),
    in: t.field({ type: [IssueStatusType], description: operators.in }),
    nin: t.field({ type: [IssueStatusType], description: operators.nin }),
  }),
});

export const IssueSubstatusComparatorType = builder.inputType("IssueSubstatusComparator", {
  description: `Compares a substatus. \`OTHER\` stands for every substatus that this version does not know. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssueSubstatusType, description: operators.eq }),
    neq: t.field({ type: IssueSubstatusType, description: operators.neq }),
    in: t.field({ type: [IssueSubstatusType], description: operators.in }),
    nin: t.field({ type: [IssueSubstatusType], description: operators.nin }),
    null: t.boolean({ description: operators.null }),
  }),
});

export const IssueLevelComparatorType = builder.inputType("IssueLevelComparator", {
  description: `Compares a level. \`UNKNOWN\` stands for every level that this version does not know. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssueLevelType, description: operators.eq }),
    neq: t.field({ type: IssueLevelType, description: operators.neq }),
    in: t.field({ type: [IssueLevelType], description: operators.in }),
    nin: t.field({ type: [IssueLevelType], description: operators.nin }),
  }),
});

export const IssuePriorityComparatorType = builder.inputType("IssuePriorityComparator", {
  description: `Compares a priority. One that this version does not know counts as null. ${rules}`,
  fields: (t) => ({
    eq: t.field({ type: IssuePriorityType, description: operators.eq }),
    neq: t.field({ type: IssuePriorityType, description: operators.neq }),
    in: t.field({ type: [IssuePriorityType], description: operators.in }),
    nin: t.field({ type: [IssuePriorityType], description: operators.nin }),
    null: t.boolean({ description: operators.null }),
  }),
});
