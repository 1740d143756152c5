import type { DocumentNode, OperationDefinitionNode } from "graphql";

/** `ask`, called once for each list of arguments. Arguments are compared as JSON. */
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

/**
 * `of`, called once for each document or operation, with the other arguments of the first call. Documents are parsed
 * once and cached, so a value lives as long as its document.
 */
export function rememberedByDocument<
  Node extends DocumentNode | OperationDefinitionNode,
  Others extends readonly unknown[],
  Value,
>(of: (node: Node, ...others: Others) => Value): (node: Node, ...others: Others) => Value {
  const values = new WeakMap<Node, { readonly value: Value }>();
  return (node, ...others) => {
    let known = values.get(node);
    if (known === undefined) values.set(node, (known = { value: of(node, ...others) }));
    return known.value;
  };
}
