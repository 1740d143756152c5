/** The meaning of each operator. A new operator does not compile until every interpreter gives it a meaning. */
type Meanings<Operators, Meaning> = {
  readonly [Name in keyof Operators]-?: (operand: NonNullable<Operators[Name]>) => Meaning;
};

/**
 * The meanings of the operators (or fields of a filter) that were given; null counts as not given. They come in the
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
