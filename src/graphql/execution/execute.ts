import { normalizedExecutor } from "@graphql-tools/executor";
import {
  execute,
  getOperationAST,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
} from "graphql";
import type { AskedBy } from "../../store/asked-by.ts";
import { contextOf } from "../context.ts";
import type { DocumentLimits } from "../limits/document-limits.ts";
import { compiled } from "./compiled.ts";
import { limited, type ExecutionLimits } from "./limits.ts";
import { inOneMoment } from "./one-moment.ts";
import type { WrongVariables } from "./wrong-variables.ts";

/** Executes one operation of a valid document. */
export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/**
 * How every operation is executed, over every transport.
 *
 * What a subscription tells is executed without a query's checks and limits, but for the size of the answer: the
 * subscription was checked when it began, and many subscribers share the answer.
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
  // Yoga's own executor knows which errors are the request's. It cannot execute what a subscription tells, for it would
  // begin another subscription. It returns a stream only for `@defer` and `@stream`, which the schema does not have.
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

/** Starts the size of the answer at zero: what a compiled query counted before it failed is in no answer. */
function counting(execute: Execute): Execute {
  return (args) => {
    contextOf(args).answerSize.begin();
    return execute(args);
  };
}

/** Refuses an answer that turns out to be too large. */
function sized(execute: Execute): Execute {
  return (args) => {
    const { answerSize } = contextOf(args);
    const orRefused = (result: ExecutionResult): ExecutionResult => {
      const refusal = answerSize.refusal();
      return refusal === null ? result : { data: null, errors: [refusal] };
    };
    const result = execute(args);
    return "then" in result ? result.then(orRefused) : orRefused(result);
  };
}
