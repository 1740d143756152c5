import {
  print,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from "graphql";
import { hash } from "node:crypto";
import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import { viewerKey, type Viewer } from "../domain/viewer.ts";
import { telling, readingFrom, type Context } from "./context.ts";
import type { LiveSource, Payload } from "./live-source.ts";

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

/** What is executed for each answer. */
export type LiveDocument = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variableValues: Readonly<Record<string, unknown>>;
};

/** Executes a document as it tells an entry, or, given null, as things are now. Never rejects. */
export type ExecuteLive = (document: LiveDocument, told: Payload | null) => Promise<ExecutionResult>;

/** The arguments of one execution. `context` is its subscription's. */
export function liveArgs(
  { variableValues, ...live }: LiveDocument,
  told: Payload | null,
  context: Context,
): ExecutionArgs {
  const contextValue =
    told === null ? readingFrom(context.services.store.reader, context) : telling(told, context);
  return { ...live, variableValues: { ...variableValues }, rootValue: told ?? {}, contextValue };
}

/** The subscription in `args`, whose field gave `source`, for a viewer. It holds nothing of the request. */
export function liveOperation(
  source: LiveSource,
  { schema, document, operationName = null, variableValues }: ExecutionArgs,
  viewer: Viewer,
  execute: ExecuteLive,
): LiveOperation {
  const live: LiveDocument = { schema, document, operationName, variableValues: variableValues ?? {} };
  const { epoch } = source;
  const key = keyOf(live, viewer);
  if (source.is === "figures")
    return { is: "figures", key, epoch, concerns: source.concerns, read: () => execute(live, null) };
  return {
    is: "entries",
    key,
    epoch,
    after: source.after,
    answer(entry) {
      const told = source.payloadOf({ entry, epoch });
      return told === null ? null : execute(live, told);
    },
  };
}

function keyOf({ document, operationName, variableValues }: LiveDocument, viewer: Viewer): string {
  const positions = positionVariables(document);
  const variables = Object.entries(variableValues).filter(([name]) => !positions.has(name));
  const text = document.loc?.source.body ?? print(document);
  const asked = [text, operationName, Object.fromEntries(variables), viewerKey(viewer)];
  return hash("sha256", JSON.stringify(asked), "base64");
}

/** Yoga keeps parsed documents, so the same text most often is the same document. */
const positionsKnown = new WeakMap<DocumentNode, ReadonlySet<string>>();

/** The variables that say where a subscription begins, and nothing else: whoever differs in them is told the same. */
function positionVariables(document: DocumentNode): ReadonlySet<string> {
  const known = positionsKnown.get(document);
  if (known !== undefined) return known;
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
  const positions = new Set(
    [...asPosition].filter(([name, times]) => uses.get(name) === times).map(([name]) => name),
  );
  positionsKnown.set(document, positions);
  return positions;
}
