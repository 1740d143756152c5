import {
  getOperationAST,
  Kind,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  type SelectionSetNode,
} from "graphql";
import { contextOf, readingFrom } from "../context.ts";
import { rememberedByDocument } from "../caching/remembered.ts";
import { selectionsIn } from "../selections.ts";
import type { Execute } from "./execute.ts";

/**
 * Executes an operation that selects `feed { cursor }` in one read transaction, so that what it lists is exactly what
 * the log holds up to that cursor. The transaction ends with the execution, however that ends.
 */
export function inOneMoment(execute: Execute): Execute {
  async function executed(args: ExecutionArgs): Promise<ExecutionResult> {
    const context = contextOf(args);
    await using transaction = await context.services.store.readTransaction();
    // The first read fixes the moment that all reads see.
    await transaction.bounds();
    return await execute({ ...args, contextValue: readingFrom(transaction, context) });
  }
  return (args) => {
    const names = operationsInOneMoment(args.document);
    const isOne = args.operationName == null ? names.size > 0 : names.has(args.operationName);
    return isOne ? executed(args) : execute(args);
  };
}

/** The names of the operations that select `feed { cursor }`. One without a name is alone in its document. */
const operationsInOneMoment = rememberedByDocument(
  (document: DocumentNode): ReadonlySet<string | undefined> => {
    const names = document.definitions.flatMap((one) =>
      one.kind === Kind.OPERATION_DEFINITION ? [one.name?.value] : [],
    );
    return new Set(names.filter((name) => selectsFeedCursor(document, name)));
  },
);

/** True if the operation selects `feed { cursor }`, even if a directive leaves it out. */
export function selectsFeedCursor(document: DocumentNode, operationName?: string | null): boolean {
  const operation = getOperationAST(document, operationName);
  if (operation === null || operation === undefined) return false;
  return fieldsOf(operation.selectionSet, document).some(
    ({ name, selectionSet }) =>
      name.value === "feed" &&
      selectionSet !== undefined &&
      fieldsOf(selectionSet, document).some((field) => field.name.value === "cursor"),
  );
}

function fieldsOf(selectionSet: SelectionSetNode, document: DocumentNode): readonly FieldNode[] {
  return selectionsIn(selectionSet, document).filter((selection) => selection.kind === Kind.FIELD);
}
