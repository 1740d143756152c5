import type { Comparator, DateComparator, Moment, OrderedComparator, StringComparator } from "./filter.ts";
import { fold } from "./fold.ts";
import { interpret } from "./interpret.ts";
import { momentAt } from "./moment.ts";

/** True when `subject` passes. Relative times count from `now` (epoch milliseconds). */
export type Test<Subject> = (subject: Subject, now: number) => boolean;

/** Passes if every test passes, so always without tests. */
export function all<Subject>(tests: readonly Test<Subject>[]): Test<Subject> {
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (subject, now) => tests.every((test) => test(subject, now));
}

/** Passes if at least one of the tests passes, so never without tests. */
export function any<Subject>(tests: readonly Test<Subject>[]): Test<Subject> {
  return (subject, now) => tests.some((test) => test(subject, now));
}

/** Passes if `test` does not. */
export function negated<Subject>(test: Test<Subject>): Test<Subject> {
  return (subject, now) => !test(subject, now);
}

/** Tests the value that `read` returns for a subject. */
export function on<Subject, Value>(read: (subject: Subject) => Value, test: Test<Value>): Test<Subject> {
  return (subject, now) => test(read(subject), now);
}

/** Compares values exactly: text neither folded nor normalised. */
export function valueTest<Value extends string | boolean>(comparator: Comparator<Value>): Test<Value | null> {
  return all(interpret<Comparator<Value>, Test<Value | null>>(comparator, exactly()));
}

/** Like `valueTest`, but `contains` and `startsWith` compare folded text. An empty operand is found in every text. */
export function textTest(comparator: StringComparator): Test<string | null> {
  return all(
    interpret<StringComparator, Test<string | null>>(comparator, {
      ...exactly<string>(),
      contains: (part) => holds(fold(part), (text, folded) => text.includes(folded)),
      startsWith: (part) => holds(fold(part), (text, folded) => text.startsWith(folded)),
    }),
  );
}

export function numberTest(comparator: OrderedComparator): Test<number | null> {
  return all(
    interpret<OrderedComparator, Test<number | null>>(comparator, {
      eq: equals,
      neq: (operand) => negated(equals(operand)),
      gt: (operand) => (value) => value !== null && value > operand,
      gte: (operand) => (value) => value !== null && value >= operand,
      lt: (operand) => (value) => value !== null && value < operand,
      lte: (operand) => (value) => value !== null && value <= operand,
      null: isNull,
    }),
  );
}

/** Compares times in milliseconds. */
export function dateTest(comparator: DateComparator): Test<number | null> {
  const than =
    (passes: (value: number, bound: number) => boolean) =>
    (moment: Moment): Test<number | null> =>
    (value, now) =>
      value !== null && passes(value, momentAt(moment, now));
  return all(
    interpret<DateComparator, Test<number | null>>(comparator, {
      gt: than((value, bound) => value > bound),
      gte: than((value, bound) => value >= bound),
      lt: than((value, bound) => value < bound),
      lte: than((value, bound) => value <= bound),
      null: isNull,
    }),
  );
}

/** Passes for each of `values`, never for null. */
export function among<Value>(values: readonly Value[]): Test<Value | null> {
  const set = new Set<Value | null>(values);
  return (value) => set.has(value);
}

function exactly<Value>() {
  return {
    eq: equals<Value>,
    neq: (operand: Value) => negated(equals(operand)),
    in: among<Value>,
    nin: (operands: readonly Value[]) => negated(among(operands)),
    null: isNull,
  };
}

function equals<Value>(operand: Value): Test<Value | null> {
  return (value) => value === operand;
}

function isNull(wanted: boolean): Test<unknown> {
  return (value) => (value === null) === wanted;
}

function holds(part: string, passes: (text: string, part: string) => boolean): Test<string | null> {
  return (text) => text !== null && passes(fold(text), part);
}
