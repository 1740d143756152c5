import { describe, expect, it } from "vitest";
import type { IssueDetails, IssueFields, JsonObject } from "../../src/domain/issue.ts";
import { readIssue } from "../../src/sentry/issue-object.ts";
import { anIssueObject } from "./bodies.ts";

/** An issue that is sent in full but for these fields, read. */
function read(fields: Parameters<typeof anIssueObject>[0]): IssueFields & IssueDetails {
  const snapshot = readIssue(anIssueObject(fields), null);
  if (snapshot === null) throw new Error("no usable id");
  return { ...snapshot.fields, ...snapshot.details };
}

describe("every field", () => {
  it("is null, or what stands for nothing, where all but the id is absent", () => {
    expect(readIssue({ id: "1" }, null)).toEqual({
      sentryId: "1",
      fields: {
        shortId: null,
        title: "",
        culprit: null,
        statusRaw: "",
        substatusRaw: null,
        statusDetails: {},
        levelRaw: null,
        priorityRaw: null,
        category: null,
        issueType: null,
        platform: null,
        project: null,
        assignee: null,
        isUnhandled: null,
        count: 0,
        userCount: 0,
        firstSeen: null,
        lastSeen: null,
      },
      details: {
        type: null,
        logger: null,
        organization: null,
        metadata: {},
        annotations: [],
        numComments: 0,
        isPublic: false,
        shareId: null,
        priorityLockedAt: null,
        seerFixabilityScore: null,
        seerAutofixLastTriggered: null,
        webUrl: null,
        apiUrl: null,
        projectUrl: null,
        permalink: null,
      },
    });
  });

  // What is right for one field is wrong for another, so each of these is the wrong type somewhere.
  it.each([null, true, -1, 1.5, [], {}, [[]], [{}], { x: 1 }])(
    "of the wrong type, %j, reads as if absent",
    (wrong) => {
      const absent = readIssue({ id: "1" }, null);
      const isRight = (key: string) =>
        (key === "isUnhandled" || key === "isPublic" ? wrong === true : false) ||
        (key === "seerFixabilityScore" && typeof wrong === "number") ||
        (/^(metadata|statusDetails)$/.test(key) && typeof wrong === "object" && !Array.isArray(wrong)) ||
        (key === "annotations" && Array.isArray(wrong));
      const issue = Object.fromEntries(
        Object.keys(anIssueObject()).map((key) => [key, isRight(key) ? null : wrong]),
      ) as JsonObject;
      expect(readIssue({ ...issue, id: "1" }, null)).toEqual(absent);
    },
  );
});

describe("text", () => {
  it.each(["shortId", "title", "culprit", "platform", "logger", "shareId", "type"] as const)(
    "%s is free of NUL and lone surrogates, and otherwise as sent",
    (field) => {
      const issue = JSON.parse(
        `{"id":"1","${field}":"a\\u0000b\\ud83d c\\ude00 \\ud83d\\ude00 <b>é\\u202e'--"}`,
      );
      const snapshot = readIssue(issue, null)!;
      expect({ ...snapshot.fields, ...snapshot.details }[field]).toBe(
        "a\ufffdb\ufffd c\ufffd 😀 <b>é\u202e'--",
      );
    },
  );

  it("of a megabyte is read", () => {
    expect(read({ title: "x".repeat(1_000_000) }).title).toHaveLength(1_000_000);
  });

  it("in sets that have grown before is kept as sent", () => {
    expect(
      read({
        status: "hibernating",
        substatus: "until_spring",
        level: "catastrophic",
        priority: "urgent",
        issueCategory: "quantum",
        issueType: "quantum_decoherence",
        type: "hologram",
      }),
    ).toMatchObject({
      statusRaw: "hibernating",
      substatusRaw: "until_spring",
      levelRaw: "catastrophic",
      priorityRaw: "urgent",
      category: "quantum",
      issueType: "quantum_decoherence",
      type: "hologram",
    });
  });

  it("are null where they are longer than any could be, as a short id is, and a slug the project's id", () => {
    const wordy = (text: string) => {
      const words = { status: text, substatus: text, level: text, priority: text, issueCategory: text };
      return read({ ...words, shortId: text, project: { id: "7", slug: text, name: text } });
    };
    const [longest, longer] = ["é".repeat(127), "é".repeat(127) + "a"];
    const words = { substatusRaw: longest, levelRaw: longest, priorityRaw: longest, category: longest };
    const kept = { ...words, statusRaw: longest, shortId: longest };
    expect(wordy(longest)).toMatchObject({ ...kept, project: { slug: longest, name: longest } });
    const nothing = { substatusRaw: null, levelRaw: null, priorityRaw: null, category: null };
    const left = { ...nothing, statusRaw: "", shortId: null };
    expect(wordy(longer)).toMatchObject({ ...left, project: { slug: "7", name: longer } });
  });
});

describe("title", () => {
  it.each([
    ["of metadata, for an event without an exception", { title: "Ledger drift", value: "x" }, "Ledger drift"],
    ["of an exception", { type: "TypeError", value: "x is undefined" }, "TypeError: x is undefined"],
    ["of an exception that says nothing", { type: "TypeError", value: "" }, "TypeError"],
    ["of a value alone", { value: "x is undefined" }, "x is undefined"],
    ["of nothing", {}, ""],
    ["of nothing usable", { title: 7, type: null, value: [] }, ""],
    ["of what a database cannot hold", { title: "a\0" }, "a\ufffd"],
  ])("where it is absent is that %s", (_, metadata, title) => {
    expect(read({ title: undefined, metadata }).title).toBe(title);
  });

  it("that is empty stays empty", () => {
    expect(read({ title: "", metadata: { title: "x" } }).title).toBe("");
  });
});

describe("counts", () => {
  it.each([
    ["3", 3],
    ["0", 0],
    ["012", 12],
    [7, 7],
    [3000000000, 3000000000],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740991],
    ["9".repeat(400), 9007199254740991],
    [1e300, 9007199254740991],
    ["-1", 0],
    [-1, 0],
    ["NaN", 0],
    ["1e3", 0],
    ["1.0", 0],
    [1.5, 0],
    ["", 0],
    [" 1", 0],
    ["٣", 0],
    [null, 0],
    [true, 0],
    [["3"], 0],
    [["9007199254740993"], 0],
  ])("%j is %i", (sent, count) => {
    expect(read({ count: sent, userCount: sent })).toMatchObject({ count, userCount: count });
  });

  it("that JSON.parse reads as infinity saturate", () => {
    expect(readIssue(JSON.parse('{"id":"1","count":1e400}'), null)?.fields.count).toBe(9007199254740991);
  });

  it.each([
    [4, 4],
    [2147483647, 2147483647],
    [2147483648, 2147483647],
    [-4, 0],
  ])("of comments saturate at 32 bits: %j", (sent, numComments) => {
    expect(read({ numComments: sent }).numComments).toBe(numComments);
  });
});

describe("numbers and truth values", () => {
  it("of a score that is infinite are null", () => {
    expect(read({ seerFixabilityScore: 0.83 }).seerFixabilityScore).toBe(0.83);
    expect(readIssue(JSON.parse('{"id":"1","seerFixabilityScore":1e400}'), null)?.details).toMatchObject({
      seerFixabilityScore: null,
    });
  });

  it.each([true, false])("are as sent: %j", (sent) => {
    expect(read({ isUnhandled: sent, isPublic: sent })).toMatchObject({ isUnhandled: sent, isPublic: sent });
  });
});

describe("times", () => {
  it("are epoch milliseconds in both of Sentry's formats", () => {
    expect(
      read({
        firstSeen: "2026-10-01T10:00:00.679999+00:00",
        lastSeen: "2026-10-01T10:00:04Z",
        priorityLockedAt: "2026-10-01T10:00:05.000000Z",
        seerAutofixLastTriggered: "2026-10-01T10:00:06.5Z",
      }),
    ).toMatchObject({
      firstSeen: 1790848800679,
      lastSeen: 1790848804000,
      priorityLockedAt: 1790848805000,
      seerAutofixLastTriggered: 1790848806500,
    });
  });
});

describe("project", () => {
  it.each([
    [
      { id: "45", slug: "web", name: "Web", platform: null },
      { sentryId: "45", slug: "web", name: "Web", platform: null },
    ],
    [
      { id: 45, slug: "web" },
      { sentryId: "45", slug: "web", name: "web", platform: null },
    ],
    [{ id: "45" }, { sentryId: "45", slug: "45", name: "45", platform: null }],
    [
      { id: "45", slug: "", name: 7, platform: 7 },
      { sentryId: "45", slug: "45", name: "45", platform: null },
    ],
    [{ slug: "web", name: "Web" }, null],
    [{ id: "a b", slug: "web" }, null],
    ["web", null],
    [["45"], null],
    [null, null],
  ])("%j", (sent, project) => {
    expect(read({ project: sent }).project).toEqual(project);
  });
});

describe("assignee", () => {
  it.each([
    [
      { type: "user", id: "7", name: "Ada", email: "ada@lumen.example" },
      { type: "USER", sentryId: "7", name: "Ada", email: "ada@lumen.example" },
    ],
    [
      { type: "user", id: 7 },
      { type: "USER", sentryId: "7", name: "7", email: null },
    ],
    [
      { type: "team", id: "8", name: "payments", email: "payments@lumen.example" },
      { type: "TEAM", sentryId: "8", name: "payments", email: null },
    ],
    [
      { type: "robot", id: "9", name: "R" },
      { type: "USER", sentryId: "9", name: "R", email: null },
    ],
    [
      "ada@lumen.example",
      { type: "USER", sentryId: "ada@lumen.example", name: "ada@lumen.example", email: null },
    ],
    [
      { type: "user", id: "7", name: "", email: "" },
      { type: "USER", sentryId: "7", name: "7", email: null },
    ],
    [{ type: "user", name: "Ada" }, null],
    [{ type: "user", id: -7 }, null],
    [
      { type: "user", id: "7", name: "é".repeat(501), email: "é".repeat(128) },
      { type: "USER", sentryId: "7", name: "7", email: null },
    ],
    ["", null],
    ["é".repeat(128), null],
    [7, null],
    [[], null],
    [null, null],
  ])("%j", (sent, assignee) => {
    expect(read({ assignedTo: sent }).assignee).toEqual(assignee);
  });
});

describe("links", () => {
  it.each([
    ["web_url", { web_url: "https://a.example/", webUrl: "https://b.example/" }, "https://a.example/"],
    ["webUrl", { web_url: undefined, webUrl: "https://b.example/" }, "https://b.example/"],
    ["permalink", { web_url: "javascript:alert(1)" }, "https://lumen-labs.sentry.io/issues/6812340001/"],
    ["nothing", { web_url: undefined, permalink: null }, null],
  ])("to the issue's page are from %s", (_, fields, webUrl) => {
    expect(read(fields).webUrl).toBe(webUrl);
  });

  it("to the project are from either spelling", () => {
    expect(read({ project_url: undefined, projectUrl: "https://b.example/" }).projectUrl).toBe(
      "https://b.example/",
    );
  });

  it("that are not http or https are null", () => {
    const wrong = "javascript:alert(1)";
    expect(read({ url: wrong, web_url: wrong, project_url: wrong, permalink: wrong })).toMatchObject({
      apiUrl: null,
      webUrl: null,
      projectUrl: null,
      permalink: null,
      organization: null,
    });
  });

  it("name the organisation", () => {
    expect(read({}).organization).toBe("lumen-labs");
    expect(read({ url: undefined }).organization).toBe("lumen-labs");
    expect(
      read({
        url: undefined,
        project_url: undefined,
        permalink: null,
        web_url: "http://sentry.internal/organizations/acme/issues/1/",
      }).organization,
    ).toBe("acme");
  });
});

describe("annotations", () => {
  it.each([
    [
      { displayName: "LUM-412", url: "https://jira.example/browse/LUM-412" },
      { displayName: "LUM-412", url: "https://jira.example/browse/LUM-412" },
    ],
    [
      { displayName: 7, url: "javascript:alert(1)" },
      { displayName: null, url: null },
    ],
    [
      '<a href="https://jira.example/?a=1&amp;b=2">LUM &lt;9&gt; &amp;amp;</a>',
      { displayName: "LUM <9> &amp;", url: "https://jira.example/?a=1&b=2" },
    ],
    [
      ' <A HREF="https://jira.example/" rel="noreferrer">LUM-9</A>\n',
      { displayName: "LUM-9", url: "https://jira.example/" },
    ],
    ['<a href="javascript:alert(1)">x</a>', { displayName: "x", url: null }],
    ["LUM-9", { displayName: "LUM-9", url: null }],
    [
      '<a href="https://a.example/"><b>x</b></a>',
      { displayName: '<a href="https://a.example/"><b>x</b></a>', url: null },
    ],
  ])("%j", (sent, annotation) => {
    expect(read({ annotations: [sent] }).annotations).toEqual([annotation]);
  });

  it("that are none are left out, and of very many the first thousand are read", () => {
    expect(read({ annotations: [null, 7, [], "x"] }).annotations).toEqual([{ displayName: "x", url: null }]);
    expect(read({ annotations: Array.from({ length: 5000 }, () => "x") }).annotations).toHaveLength(1000);
  });

  it("of hostile HTML take no time", () => {
    const before = process.cpuUsage();
    for (const part of ["<a href=", '<a href="', " ", '<a href="x"', "&amp", ">"]) {
      read({ annotations: [part.repeat(200_000), `<a href="${part.repeat(200_000)}`] });
    }
    const { user, system } = process.cpuUsage(before);
    // Processor time, which other processes cannot take.
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});

describe("open maps", () => {
  it.each([
    ["archived with conditions", { ignoreCount: 10, ignoreUntil: null, ignoreWindow: null, actor: null }],
    ["archived for a while, as documented", { ignoreDuration: 30 }],
    ["resolved in a release", { inRelease: "web@1.2.3", actor: { id: "7", name: "Ada" } }],
    ["resolved in the next release", { inNextRelease: true }],
    ["resolved in a commit", { inCommit: { id: "9f2c", repository: { name: "lumen/billing" } } }],
    ["resolved by age", { autoResolved: true }],
    ["reprocessing", { pendingEvents: 3, info: null }],
    ["plain", {}],
  ])("are kept as sent: status details of one %s", (_, statusDetails) => {
    expect(read({ statusDetails }).statusDetails).toEqual(statusDetails);
  });

  it.each([
    { title: "Ledger drift" },
    { directive: "img-src", uri: "blocked", message: "x" },
    { contact_email: "a@lumen.example", message: "😀\n", name: "A", source: "feedback" },
    { sdk: { name: "sentry.python" }, severity: 1, severity_reason: "ml", initial_priority: 75 },
  ])("are kept as sent: metadata %j", (metadata) => {
    expect(read({ metadata }).metadata).toEqual(metadata);
  });

  it("keep keys that mean something to JavaScript, and change no prototype", () => {
    const sent = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toJSON":1}';
    const issue = JSON.parse(
      `{"id":"1","metadata":${sent},"statusDetails":${sent},"__proto__":{"title":"x"}}`,
    );
    const { fields, details } = readIssue(issue, null)!;
    expect(JSON.stringify(details.metadata)).toBe(sent);
    expect(JSON.stringify(fields.statusDetails)).toBe(sent);
    expect(Object.getPrototypeOf(details.metadata)).toBe(Object.prototype);
    expect(fields.title).toBe("");
    expect("polluted" in {}).toBe(false);
  });

  it("are empty where they hold more than fifty thousand values, at whatever depth", () => {
    const wide = (size: number) =>
      Object.fromEntries(Array.from({ length: size }, (_, at) => [`k${at}`, at]));
    expect(Object.keys(read({ metadata: wide(50_000) }).metadata)).toHaveLength(50_000);
    expect(read({ metadata: wide(50_001) }).metadata).toEqual({});
    expect(read({ statusDetails: { a: [wide(25_000), wide(25_000)] } }).statusDetails).toEqual({});
  });
});
