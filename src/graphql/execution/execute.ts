import { normalizedExecutor } from "@graphql-tools/executor";
import {
  execute,
  getOperationAST,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
} from "graphql";
import type { AskedBy } from "../../store/asked-by.ts";
import type { Context } from "../context.ts";
import type { DocumentLimits } from "../document-limits.ts";
import { compiled } from "./compiled.ts";
import { limited, type ExecutionLimits } from "./limits.ts";
import { inOneMoment } from "./one-moment.ts";
import type { WrongVariables } from "./wrong-variables.ts";

/** Executes one operation of a valid document. */
export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/**
 * How every operation is executed, whichever way it came in.
 *
 * What a subscription tells of an entry is executed as it is: it was looked at when it began, and is told to many at once.
 */
export function createExecute({
  documentLimits,
  limits,
  wrongVariables,
  askedBy,
}: {
  readonly documentLimits: DocumentLimits;
  readonly limits: ExecutionLimits;
  readonly wrongVariables: WrongVariables;
  readonly askedBy: AskedBy;
}): Execute {
  const told = sized(compiled(counting(execute)));
  // Yoga's own, which knows which errors are of the request, but takes what a subscription tells for another subscription.
  // A stream it makes of `@defer` and `@stream` alone, which are not part of the schema.
  const checked: Execute = (args) => {
    const errors = wrongVariables(args);
    return errors.length === 0 ? (normalizedExecutor as Execute)(args) : { errors };
  };
  const asked = limited(limits, askedBy, inOneMoment(sized(compiled(counting(checked)))));
  return (args) => {
    const { document, operationName } = args;
    if (getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION)
      return told(args);
    const refusal = documentLimits.refusalOf(args);
    return refusal === null ? asked(args) : { errors: [refusal] };
  };
}

/** Where a compiled query has ended in an error, what it counted is of no answer. */
function counting(execute: Execute): Execute {
  return (args) => {
    (args.contextValue as Context).answerSize.begin();
    return execute(args);
  };
}

/** Refuses an answer that turns out to be too large. */
function sized(execute: Execute): Execute {
  return (args) => {
    const { answerSize } = args.contextValue as Context;
    const orRefused = (result: ExecutionResult): ExecutionResult => {
      const refusal = answerSize.refusal();
      return refusal === null ? result : { data: null, errors: [refusal] };
    };
    const result = execute(args);
    return "then" in result ? result.then(orRefused) : orRefused(result);
  };
}
