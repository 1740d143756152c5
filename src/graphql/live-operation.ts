import { print, visit, type DocumentNode, type ExecutionArgs, type ExecutionResult } from "graphql";
import { hash } from "node:crypto";
import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import { viewerKey } from "../domain/viewer.ts";
import { telling, readingFrom, type Context } from "./context.ts";
import type { LiveSource } from "./live-source.ts";

/** A subscription that can begin: its document is valid, its arguments are read, its position can be resumed. */
export type LiveOperation = {
  /** Equal for subscriptions that are told the same: of the same document, variables and scope, wherever they resume. */
  readonly key: string;
  readonly epoch: string;
} & (
  | {
      readonly is: "entries";
      /** It begins with the next entry. */
      readonly after: Seq;
      /** Null, at once, for an entry that the subscription does not tell. Never rejects. */
      readonly answer: (entry: LogEntry) => Promise<ExecutionResult> | null;
    }
  | {
      readonly is: "figures";
      /** True when an entry can have changed the answer. */
      readonly concerns: (entry: LogEntry) => boolean;
      /** The answer of now. Never rejects. */
      readonly read: () => Promise<ExecutionResult>;
    }
);

/** Executes through the whole pipeline: errors are masked, limits apply. Never rejects. */
export type Execute = (args: ExecutionArgs) => Promise<ExecutionResult>;

/** The subscription in `args`, whose field gave `source`. `context` is its own: nothing of the request is held by it. */
export function liveOperation(
  source: LiveSource,
  args: ExecutionArgs,
  context: Context,
  execute: Execute,
): LiveOperation {
  const { schema, document, operationName, variableValues } = args;
  const asked = {
    schema,
    document,
    operationName: operationName ?? null,
    variableValues: variableValues ?? {},
  };
  const { epoch } = source;
  const key = keyOf(asked, context);
  if (source.is === "figures") {
    const read = () =>
      execute({ ...asked, rootValue: {}, contextValue: readingFrom(context.services.store.reader, context) });
    return { is: "figures", key, epoch, concerns: source.concerns, read };
  }
  return {
    is: "entries",
    key,
    epoch,
    after: source.after,
    answer(entry) {
      const told = source.payloadOf({ entry, epoch });
      return told === null
        ? null
        : execute({ ...asked, rootValue: told, contextValue: telling(told, context) });
    },
  };
}

type Distinct = {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variableValues: Readonly<Record<string, unknown>>;
};

function keyOf({ document, operationName, variableValues }: Distinct, { viewer }: Context): string {
  const positions = positionVariables(document);
  const variables = Object.entries(variableValues).filter(([name]) => !positions.has(name));
  const text = document.loc?.source.body ?? print(document);
  return hash(
    "sha256",
    JSON.stringify([text, operationName, Object.fromEntries(variables), viewerKey(viewer)]),
    "base64",
  );
}

/** The variables that say where a subscription begins, and nothing else: whoever differs in them is told the same. */
function positionVariables(document: DocumentNode): ReadonlySet<string> {
  const uses = new Map<string, number>();
  const asPosition = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  visit(document, {
    // The definition of a variable names it too.
    VariableDefinition: () => false,
    Variable: ({ name }) => void count(uses, name.value),
    Field({ name, arguments: given = [] }) {
      if (name.value !== "issueChanged" && name.value !== "statusTransitioned") return;
      for (const argument of given) {
        if (argument.name.value === "after" && argument.value.kind === "Variable")
          count(asPosition, argument.value.name.value);
      }
    },
  });
  return new Set([...asPosition].filter(([name, times]) => uses.get(name) === times).map(([name]) => name));
}
