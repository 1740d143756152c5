import { readBody } from "../sentry/payload.ts";
import { answerWrites } from "../store/sqlite/answer-writes.ts";

/** The thread that writes the store, so that a sync to disk does not block the event loop of the gateway. */
await answerWrites({ read: readBody });
