import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { detailsIn } from "../../src/domain/issue.ts";
import { createParsePool } from "../../src/sentry/parse-pool.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { createReceiver } from "../../src/sentry/receive.ts";
import { clientSecret, corpusBody, entries } from "./corpus.ts";
import { recordedReport } from "./recorded-report.ts";

// Every value of the corpus is well formed, so that what is read is what was sent, by the plainest means.
const objectIn = (file: string) => JSON.parse(corpusBody(file).toString());
const milliseconds = (text: string | null) => (text === null ? null : Date.parse(text));

/** What a reader has to make of an issue object of the corpus. */
function snapshotOf(issue: ReturnType<typeof objectIn>) {
  return {
    sentryId: issue.id,
    fields: {
      shortId: issue.shortId,
      title: issue.title,
      culprit: issue.culprit,
      statusRaw: issue.status,
      substatusRaw: issue.substatus ?? null,
      statusDetails: issue.statusDetails,
      levelRaw: issue.level,
      priorityRaw: issue.priority ?? null,
      category: issue.issueCategory,
      issueType: issue.issueType,
      platform: issue.platform,
      project: issue.project && {
        sentryId: issue.project.id,
        slug: issue.project.slug,
        name: issue.project.name,
        platform: issue.project.platform,
      },
      assignee: personOf(issue.assignedTo),
      isUnhandled: issue.isUnhandled,
      count: Number(issue.count),
      userCount: issue.userCount,
      firstSeen: milliseconds(issue.firstSeen),
      lastSeen: milliseconds(issue.lastSeen),
    },
    details: {
      type: issue.type,
      logger: issue.logger,
      organization: issue.url || issue.web_url || issue.permalink ? "lumen-labs" : null,
      metadata: issue.metadata,
      annotations: issue.annotations.map((annotation: unknown) =>
        typeof annotation === "string"
          ? { displayName: "LUM-9", url: "https://jira.example/browse/LUM-9" }
          : annotation,
      ),
      numComments: issue.numComments,
      isPublic: issue.isPublic,
      shareId: issue.shareId,
      priorityLockedAt: milliseconds(issue.priorityLockedAt ?? null),
      seerFixabilityScore: issue.seerFixabilityScore ?? null,
      seerAutofixLastTriggered: milliseconds(issue.seerAutofixLastTriggered ?? null),
      webUrl: issue.web_url ?? issue.webUrl ?? issue.permalink,
      apiUrl: issue.url ?? null,
      projectUrl: issue.project_url ?? null,
      permalink: issue.permalink,
    },
  };
}

function personOf(value: unknown) {
  if (value === null) return null;
  if (typeof value === "string") return { type: "USER", sentryId: value, name: value, email: null };
  const { type, id, name, email } = value as Record<string, unknown>;
  return type === "team"
    ? { type: "TEAM", sentryId: String(id), name, email: null }
    : { type: "USER", sentryId: String(id), name, email: email ?? null };
}

describe("readBody", () => {
  it.each(entries.filter(({ expected }) => expected.status !== undefined))(
    "reads all that $file shows of its issue",
    ({ file, expected }) => {
      const reading = readBody(corpusBody(file));
      if (reading.is !== "issue") throw new Error(`read as ${reading.is}: ${reading.reason}`);
      const { snapshot, state, ...told } = reading.issue;
      const { data } = objectIn(file);

      const { sentryId, fields, written } = snapshot;
      expect({ sentryId, fields, details: detailsIn(written.details) }).toEqual(snapshotOf(data.issue));
      expect(JSON.parse(written.fields)).toEqual(fields);
      expect(snapshot.sentryId).toBe(expected.issueId);
      expect(Object.keys(snapshot.fields.statusDetails).toSorted()).toEqual(expected.statusDetailsKeys);
      expect(state).toEqual({ status: expected.status, substatus: expected.substatus });
      expect(told).toMatchObject({
        resource: expected.activityType === undefined ? "issue" : "activity",
        action: expected.activityType ?? expected.action,
        resolutionType: expected.resolutionType ?? data.resolution_type ?? null,
        assignee: data.assignee ? personOf(data.assignee) : snapshot.fields.assignee,
        count: Number(data.issue.count),
      });
    },
  );

  it.each(entries.filter(({ expected }) => expected.resource && expected.status === undefined))(
    "finds that $file is about something else, or not readable",
    ({ file }) => {
      expect(readBody(corpusBody(file)).is).toBe(
        file === "defensive-data-without-issue.json"
          ? "quarantined"
          : file.startsWith("http-")
            ? "issue"
            : "ignored",
      );
    },
  );
});

describe("the receiver", () => {
  it.each(entries)("answers $file as it must", async ({ file, headers, expected }) => {
    const kept: IncomingDelivery[] = [];
    await using receiver = createReceiver({
      secrets: [clientSecret],
      bearer: null,
      append: async (delivery) => ({ delivery: kept.push(delivery), outcome: "APPLIED" }),
      now: () => Date.UTC(2026, 11, 1),
      report: recordedReport().report,
      parsePool: createParsePool(),
    });
    const body = corpusBody(file);
    const answer = await receiver.receive(Object.entries(headers).flat(), body);

    if (expected.http === "401") {
      expect(answer.status).toBe(401);
      expect(kept).toEqual([]);
      return;
    }
    expect(answer.status).toBe(202);
    expect(kept).toEqual([
      {
        body,
        sha256: hash("sha256", body),
        receivedAt: Date.UTC(2026, 11, 1),
        sentAt: expect.any(Number),
        resource: expected.resource ?? headers["Sentry-Hook-Resource"],
        action: objectIn(file).action,
        requestId: headers["Request-ID"],
        idempotencyKey: headers["Idempotency-Key"] ?? null,
        installationId: objectIn(file).installation.uuid,
        reading: readBody(body),
      },
    ]);
  });
});
