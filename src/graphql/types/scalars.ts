import { GraphQLError } from "graphql";
import { cursorOf } from "../../domain/cursor.ts";
import { builder } from "../builder.ts";
import { formatDateTime, parseDateTime, parseDuration } from "../filters/date-time.ts";
import { formatMoment } from "../filters/format-moment.ts";

builder.scalarType("DateTime", {
  description: "A time: RFC 3339, UTC, milliseconds, as in `2026-11-23T10:15:30.123Z`.",
  serialize: formatDateTime,
  parseValue: (value) => {
    const epochMs = typeof value === "string" ? parseDateTime(value) : null;
    if (epochMs === null) throw refused("DateTime", "an RFC 3339 time, like 2026-11-23T10:15:30Z");
    return epochMs;
  },
});

builder.scalarType("DateTimeOrDuration", {
  description:
    "A fixed time (RFC 3339 with any offset, cut off after milliseconds), or one relative to now (an ISO-8601 duration). `-P7D` is " +
    "seven days ago, `-PT1.5H` ninety minutes ago, `P1M` a month ahead; years and months follow the " +
    "calendar (UTC), up to a thousand years. The last number may have a fraction, unless it counts years or months.",
  // Used only to print the schema, which shows the defaults of arguments.
  serialize: formatMoment,
  parseValue: (value) => {
    if (typeof value === "string") {
      const at = parseDateTime(value);
      if (at !== null) return { at };
      const moment = parseDuration(value);
      if (moment !== null) return moment;
    }
    throw refused("DateTimeOrDuration", "an RFC 3339 time, or an ISO-8601 duration from now like -P7D");
  },
});

builder.scalarType("BigInt", {
  description:
    "A whole number that may exceed 32 bits, as a JSON number; at most 9007199254740991, the largest that JavaScript " +
    "represents exactly. Larger values are returned as that number, and refused as input. Input may also be a string of " +
    "decimal digits.",
  serialize: (value) => Math.min(value, Number.MAX_SAFE_INTEGER),
  parseValue: (value) => {
    const number = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
    if (!Number.isSafeInteger(number)) {
      throw refused("BigInt", "a whole number between -9007199254740991 and 9007199254740991");
    }
    return number as number;
  },
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
  parseValue: (value) => {
    if (typeof value !== "string") throw refused("Cursor", "a cursor, which is a string");
    return value;
  },
});

/** Without a code: the place decides it, GRAPHQL_VALIDATION_FAILED in the document and BAD_USER_INPUT in a variable. */
function refused(scalar: string, expected: string): GraphQLError {
  return new GraphQLError(`${scalar} must be ${expected}.`);
}

function outputOnly(scalar: string): () => never {
  return () => {
    throw new GraphQLError(`${scalar} is not for input.`);
  };
}
