import { GraphQLError, print, valueFromASTUntyped, type ValueNode } from "graphql";
import { cursorOf } from "../../domain/cursor.ts";
import type { Moment } from "../../domain/filter.ts";
import { builder } from "../builder.ts";
import { formatDateTime, parseDateTime, parseDuration } from "../filters/date-time.ts";
import { formatMoment } from "../filters/format-moment.ts";
import { shortened } from "../shortened.ts";

builder.scalarType("DateTime", {
  description: "A time: RFC 3339, UTC, milliseconds, as in `2026-11-23T10:15:30.123Z`.",
  serialize: formatDateTime,
  ...inputOf("DateTime", "an RFC 3339 time, like 2026-11-23T10:15:30Z", (value) =>
    typeof value === "string" ? parseDateTime(value) : null,
  ),
});

builder.scalarType("DateTimeOrDuration", {
  description:
    "A fixed time (RFC 3339 with any offset, cut off after milliseconds), or one relative to now (an ISO-8601 duration). `-P7D` is " +
    "seven days ago, `-PT1.5H` ninety minutes ago, `P1M` a month ahead; years and months follow the " +
    "calendar (UTC), up to a thousand years. The last number may have a fraction, unless it counts years or months.",
  // Used only to print the schema, which shows the defaults of arguments.
  serialize: formatMoment,
  ...inputOf(
    "DateTimeOrDuration",
    "an RFC 3339 time, or an ISO-8601 duration from now like -P7D",
    (value): Moment | null => {
      if (typeof value !== "string") return null;
      const at = parseDateTime(value);
      return at === null ? parseDuration(value) : { at };
    },
  ),
});

builder.scalarType("BigInt", {
  description:
    "A whole number that may exceed 32 bits, as a JSON number; at most 9007199254740991, the largest that JavaScript " +
    "represents exactly. Larger values are returned as that number, and refused as input. Input may also be a string of " +
    "decimal digits.",
  serialize: (value) => Math.min(value, Number.MAX_SAFE_INTEGER),
  ...inputOf("BigInt", "a whole number between -9007199254740991 and 9007199254740991", (value) => {
    const number = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
    return Number.isSafeInteger(number) ? (number as number) : null;
  }),
});

builder.scalarType("JSON", {
  description:
    "Any JSON value, as received: keys and their order are Sentry's, except that keys that are whole " +
    "numbers come first. Numbers are 64-bit floating point, null if too large for that; `Delivery.body` " +
    "has every digit.",
  serialize: (value) => value,
  parseValue: outputOnly("JSON"),
});

builder.scalarType("URL", {
  description: "An absolute URL, http or https.",
  serialize: (value) => value,
  parseValue: outputOnly("URL"),
});

builder.scalarType("Cursor", {
  description:
    "A position in the log of events, after which a subscription can resume. Opaque: only the gateway " +
    "can compare two of them, and they are not page cursors. It is valid until `rebuild` or a restored " +
    "backup begins a new epoch, or until what followed it is dropped (see `Feed.oldestCursor`).",
  serialize: cursorOf,
  ...inputOf("Cursor", "a cursor, which is a string", (value) => (typeof value === "string" ? value : null)),
});

/**
 * How a scalar is read from a variable and from the document; `read` gives null for what is refused. The error has no
 * code: the place decides it, GRAPHQL_VALIDATION_FAILED in the document and BAD_USER_INPUT in a variable, where whoever
 * checks the variables adds place and value.
 */
function inputOf<Value>(scalar: string, expected: string, read: (value: unknown) => Value | null) {
  const rule = `${scalar} must be ${expected}`;
  return {
    parseValue(value: unknown): Value {
      const found = read(value);
      if (found === null) throw new GraphQLError(`${rule}.`);
      return found;
    },
    parseLiteral(node: ValueNode): Value {
      const found = read(valueFromASTUntyped(node));
      if (found === null) throw new GraphQLError(`${rule}, not ${shortened(print(node))}.`, { nodes: node });
      return found;
    },
  };
}

function outputOnly(scalar: string): () => never {
  return () => {
    throw new GraphQLError(`${scalar} is not for input.`);
  };
}
