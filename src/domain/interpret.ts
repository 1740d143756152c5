/** What each operator means. One that is added to `Operators` does not compile until every interpreter gives it a meaning. */
export type Meanings<Operators, Meaning> = {
  readonly [Name in keyof Operators]-?: (operand: NonNullable<Operators[Name]>) => Meaning;
};

/**
 * The meanings of those operators (or fields of a filter) that were given: one that is null was not. They come in the
 * order of `meanings`, so that equal filters read alike however they were written.
 */
export function interpret<Operators extends object, Meaning>(
  given: Operators,
  meanings: Meanings<Operators, Meaning>,
): Meaning[] {
  const found: Meaning[] = [];
  for (const name in meanings) {
    const operand = given[name];
    if (operand != null) found.push(meanings[name](operand));
  }
  return found;
}
