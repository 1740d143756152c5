import { issueObjectOf } from "../sentry/raw-issue.ts";
import { answerReads } from "../store/sqlite/answer-reads.ts";

/** A thread that reads the store, so that slow reads do not block the event loop of the gateway. */
answerReads({ issueObjectOf });
