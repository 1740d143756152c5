import { pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";

export type { Logger };

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Lines of JSON on standard output, or on `destination`.
 *
 * Of an error only its type, message, code and stack are written, and its cause's: libraries hang connection strings and
 * requests on theirs.
 */
export function createLogger({
  level,
  destination,
}: {
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return pino(options, destination ?? standardOutput());
}

/** The lines that wait in memory for an output that cannot be written, in bytes. What comes once they are so many is dropped. */
const mostWaiting = 1_048_576;

/** What cannot be written, as on a full disk, is tried again with the next line: nobody's request fails for the log. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true, maxLength: mostWaiting });
  output.on("error", () => {});
  return output;
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    type: error.name,
    message: error.message,
    ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
