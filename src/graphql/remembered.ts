import type { DocumentNode } from "graphql";

/** `ask`, asked once for each list of arguments; they are equal when they are as JSON. */
export function remembered<Args extends readonly unknown[], Answer>(
  ask: (...args: Args) => Answer,
): (...args: Args) => Answer {
  // Made when it is first needed: an execution asks for little of what it could.
  let answers: Map<string, { readonly answer: Answer }> | undefined;
  return (...args) => {
    answers ??= new Map();
    const key = JSON.stringify(args);
    let known = answers.get(key);
    if (known === undefined) answers.set(key, (known = { answer: ask(...args) }));
    return known.answer;
  };
}

/** `of`, asked once for each document; documents are parsed once and kept for as long as they are used. */
export function rememberedByDocument<Others extends readonly unknown[], Value>(
  of: (document: DocumentNode, ...others: Others) => Value,
): (document: DocumentNode, ...others: Others) => Value {
  const values = new WeakMap<DocumentNode, { readonly value: Value }>();
  return (document, ...others) => {
    let known = values.get(document);
    if (known === undefined) values.set(document, (known = { value: of(document, ...others) }));
    return known.value;
  };
}
