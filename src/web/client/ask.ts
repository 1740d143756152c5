import { hearTime } from "./clock.ts";
import { createWatchdog } from "./watchdog.ts";

/** An error that the gateway answered with, identified by its code. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  /** `extensions.code` of the first error. */
  readonly code: string;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(message: string, extensions: Readonly<Record<string, unknown>>) {
    super(message);
    this.extensions = extensions;
    const code = extensions["code"];
    this.code = typeof code === "string" ? code : "INTERNAL_SERVER_ERROR";
  }

  /** True if the same request may succeed later. */
  get isPassing(): boolean {
    return ["SERVICE_UNAVAILABLE", "TIMEOUT", "RATE_LIMITED", "OPERATION_LIMIT", "SLOW_CONSUMER"].includes(
      this.code,
    );
  }
}

/** No usable answer came from the gateway: it is not running, or something in between is broken. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** True of an error after which the same request may succeed later. */
export function mayPass(error: unknown): error is UnreachableError | AnswerError {
  return error instanceof UnreachableError || (error instanceof AnswerError && error.isPassing);
}

/** True for what an aborted signal throws. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** The text to show for an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export type Answer<Data> = {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
};

/**
 * An operation with the types of its data and variables, which are not checked at run time. A test validates the texts
 * in `operations/` against the schema.
 */
export type Operation<Data, Variables> = {
  readonly text: string;
  readonly types?: (variables: Variables) => Data;
};

/** By default the gateway ends an operation after 10 s, so an answer that takes longer than this is lost. */
const answerMs = 60_000;

/**
 * Asks the gateway for the data of a query.
 * @throws AnswerError; UnreachableError; the signal's reason.
 */
export async function ask<Data, Variables extends object>(
  { text }: Operation<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  using watchdog = createWatchdog(answerMs, () => new UnreachableError("The gateway does not answer."));
  const stop = AbortSignal.any([watchdog.signal, ...(signal === undefined ? [] : [signal])]);
  const response = await post(
    text,
    variables,
    "application/graphql-response+json, application/json;q=0.9",
    stop,
  );
  const answer = (await response.json().catch((cause: unknown) => {
    stop.throwIfAborted();
    throw new UnreachableError("The answer is not JSON.", { cause });
  })) as Answer<Data>;
  return dataOf(answer);
}

/** Sends an operation. Errors in the answer are left to the caller. @throws UnreachableError; the signal's reason. */
export async function post(
  query: string,
  variables: object,
  accept: string,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: accept },
      body: JSON.stringify({ query, variables }),
      credentials: "same-origin",
      cache: "no-store",
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new UnreachableError("The gateway cannot be reached.", { cause });
  }
  hearTime(response.headers.get("date"));
  const isAnswer = /json|event-stream/.test(response.headers.get("content-type") ?? "");
  if (!isAnswer) throw new UnreachableError(`Something in between answered with ${response.status}.`);
  return response;
}

/** The data of an answer. @throws AnswerError with the first of its errors; UnreachableError if it has no data. */
export function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  const [error] = errors ?? [];
  if (error !== undefined) throw new AnswerError(error.message, error.extensions ?? {});
  if (data === undefined || data === null) throw new UnreachableError("The answer holds no data.");
  return data;
}
