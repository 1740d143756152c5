import {
  getNamedType,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from "graphql";
import { hash } from "node:crypto";
import type { Seq } from "../../domain/cursor.ts";
import type { LogEntry } from "../../domain/event.ts";
import { viewerKey, type Viewer } from "../../domain/viewer.ts";
import { telling, readingFrom, type Context } from "../context.ts";
import type { LiveSource, Told } from "./live-source.ts";
import { rememberedByDocument } from "../caching/remembered.ts";

/** A subscription that can begin: its document is valid, its arguments are read, its position can be resumed. */
export type LiveOperation = {
  /**
   * Equal for subscriptions that are told the same: those with the same document, operation, variables and scope.
   * Variables that only say where to resume do not count.
   */
  readonly key: string;
  /** About how many bytes it takes while it is followed: `once` per `key`, and `each` per subscriber. */
  readonly bytes: { readonly once: number; readonly each: number };
  readonly epoch: string;
} & (
  | {
      readonly is: "entries";
      /** The subscription begins with the entry after this one. */
      readonly after: Seq;
      /**
       * Equal for subscriptions that give the same answer for an entry that they tell in the same way (`Telling.as`).
       * Unlike in `key`, variables of the filter do not count: they only decide which entries are told.
       */
      readonly says: string;
      /** Null for an entry that the subscription does not tell. */
      readonly tell: (entry: LogEntry) => Telling | null;
    }
  | {
      readonly is: "figures";
      /** True if an entry can have changed the answer. */
      readonly concerns: (entry: LogEntry) => boolean;
      /** The answer as of now. Never rejects. */
      readonly read: () => Promise<ExecutionResult>;
    }
);

/** One entry, as a subscription tells it. */
export type Telling = {
  /** `Told.kind`: in which of its ways the subscription tells the entry. */
  readonly as: string;
  /** Never rejects. */
  readonly answer: () => Promise<ExecutionResult>;
};

/** What is executed for each answer. */
export type LiveDocument = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variableValues: Readonly<Record<string, unknown>>;
};

/** Executes a document for the entry that it tells, or as of now if `told` is null. Never rejects. */
export type ExecuteLive = (document: LiveDocument, told: Told | null) => Promise<ExecutionResult>;

/** The arguments of one execution; `context` is the subscription's. */
export function liveArgs(
  { variableValues, ...live }: LiveDocument,
  told: Told | null,
  context: Context,
): ExecutionArgs {
  const contextValue =
    told === null ? readingFrom(context.services.store.reader, context) : telling(told, context);
  return { ...live, variableValues: { ...variableValues }, rootValue: told ?? {}, contextValue };
}

/** Bytes that a parsed document takes for each of its tokens, as measured. */
const bytesOfToken = 480;

/** Bytes per character of a request: a transport may hold its text and the parsed form until the subscription ends. */
const bytesOfCharacter = 4;

/** Further bytes for each object or list, as measured for objects: `{},` is one in three characters. */
const bytesOfObject = 64;

/** The subscription in `args`, whose field returned `source`. It does not hold the request or its context. */
export function liveOperation(
  source: LiveSource,
  { schema, document, operationName = null, variableValues }: ExecutionArgs,
  viewer: Viewer,
  execute: ExecuteLive,
): LiveOperation {
  const live: LiveDocument = { schema, document, operationName, variableValues: variableValues ?? {} };
  const { epoch } = source;
  const variables = variablesIn(document, schema);
  const asked = textOf(live, viewer, (name) => !variables.position.has(name));
  const key = keyOf(asked);
  const each = bytesOfCharacter * asked.length + bytesOfObject * (asked.split(/[[{]/).length - 1);
  const bytes = { once: each + bytesOfToken * (document.tokenCount ?? 0), each };
  if (source.is === "figures")
    return { is: "figures", key, bytes, epoch, concerns: source.concerns, read: () => execute(live, null) };
  return {
    is: "entries",
    key,
    bytes,
    says: keyOf(textOf(live, viewer, (name) => variables.telling.has(name))),
    epoch,
    after: source.after,
    tell(entry) {
      const told = source.toldOf({ entry, epoch });
      return told && { as: told.kind, answer: () => execute(live, told) };
    },
  };
}

function textOf(
  { document, operationName, variableValues }: LiveDocument,
  viewer: Viewer,
  counts: (variable: string) => boolean,
): string {
  const variables = Object.entries(variableValues).filter(([name]) => counts(name));
  const text = document.loc?.source.body ?? print(document);
  return JSON.stringify([text, operationName, Object.fromEntries(variables), viewerKey(viewer)]);
}

function keyOf(text: string): string {
  return hash("sha256", text, "base64");
}

type Variables = {
  /** Variables used only for where to resume: subscriptions that differ only in these are told the same. */
  readonly position: ReadonlySet<string>;
  /** Variables used outside of a subscription field's arguments: the answer for an entry depends on these. */
  readonly telling: ReadonlySet<string>;
};

/** Parsed documents are cached, so the same text most often is the same document. */
const variablesIn = rememberedByDocument((document, schema: GraphQLSchema): Variables => {
  const used = { position: new Set<string>(), filter: new Set<string>(), telling: new Set<string>() };
  const types = new TypeInfo(schema);
  // An argument of a subscription field is one to resume after, if it is a cursor, or else filters what is told.
  const place = (): keyof typeof used => {
    const argument = types.getArgument();
    const isOfRoot = types.getParentType() === schema.getSubscriptionType() && types.getDirective() == null;
    if (!isOfRoot || argument == null) return "telling";
    return getNamedType(argument.type).name === "Cursor" ? "position" : "filter";
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      // A definition contains the variable as well, but does not use it.
      VariableDefinition: () => false,
      Variable: ({ name }) => void used[place()].add(name.value),
    }),
  );
  const { position, filter, telling } = used;
  return { position: position.difference(filter).difference(telling), telling };
});
