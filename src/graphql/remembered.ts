/** `ask`, asked once for each list of arguments; they are equal when they are as JSON. */
export function remembered<Args extends readonly unknown[], Answer>(
  ask: (...args: Args) => Answer,
): (...args: Args) => Answer {
  const answers = new Map<string, { readonly answer: Answer }>();
  return (...args) => {
    const key = JSON.stringify(args);
    let known = answers.get(key);
    if (known === undefined) answers.set(key, (known = { answer: ask(...args) }));
    return known.answer;
  };
}
