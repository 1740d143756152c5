/**
 * Every value of one header, in the order in which they were sent. `name` in lower case.
 *
 * Reads Node's `rawHeaders`, because `headers` joins the values of some headers and silently drops those of others.
 */
export function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at]!;
    if (sent.length === name.length && sent.toLowerCase() === name) values.push(rawHeaders[at + 1]!);
  }
  return values;
}

/** The value of a header that was sent exactly once and matches; else null: of two values, neither can be trusted. */
export function valueOf(rawHeaders: readonly string[], name: string, shape: RegExp): string | null {
  const [value, ...others] = valuesOf(rawHeaders, name);
  return value !== undefined && others.length === 0 && shape.test(value) ? value : null;
}
