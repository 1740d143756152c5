import { Kind, type DocumentNode, type SelectionNode, type SelectionSetNode } from "graphql";

/**
 * The selections of one level, those in its fragments included. Each fragment is read once, however often it is spread.
 */
export function selectionsIn(
  selectionSet: SelectionSetNode,
  document: DocumentNode,
): readonly SelectionNode[] {
  const spread = new Set<string>();
  const found: SelectionNode[] = [];
  const toRead = [selectionSet];
  for (let set = toRead.pop(); set !== undefined; set = toRead.pop()) {
    for (const selection of set.selections) {
      found.push(selection);
      if (selection.kind === Kind.INLINE_FRAGMENT) toRead.push(selection.selectionSet);
      else if (selection.kind === Kind.FRAGMENT_SPREAD && !spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        toRead.push(...fragmentsNamed(selection.name.value, document));
      }
    }
  }
  return found;
}

function fragmentsNamed(name: string, { definitions }: DocumentNode): readonly SelectionSetNode[] {
  return definitions.flatMap((definition) =>
    definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name
      ? [definition.selectionSet]
      : [],
  );
}
