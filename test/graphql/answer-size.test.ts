import { expect, it } from "vitest";
import { delivery, entry, event, issue, resolved, unresolved } from "./builders.ts";
import { fakeReader } from "./fake-reader.ts";
import { gateway, scriptedLog } from "./gateway.ts";

/** An issue that changed its status so often. */
function flapping(times: number) {
  const events = Array.from({ length: times }, (_, index) => {
    const [from, to] = index % 2 === 0 ? [unresolved, resolved] : [resolved, unresolved];
    return event(index + 1, { transition: { from, to, kind: "OTHER" } });
  });
  return { issues: [issue("4501")], events };
}

const oneIn = (fields: string) => `issue(sentryId: "4501") { ${fields} }`;
const within = (fields: string) => `statusSpans { startedBy { issue { ${fields} } } }`;

/** As often as it takes until a document is compiled. */
const again = [1, 2, 3, 4];

it("an answer has no more values than it may have, however long its lists are and whatever they are nested in", async () => {
  const { ask } = gateway(flapping(100));
  const nested = `{ ${oneIn(within(within(within("statusSpans { seconds }"))))} }`;
  for (const _ of again) {
    const { data, errors } = await ask(nested);
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["QUERY_TOO_COMPLEX"]);
  }
});

it("a list costs all that is selected in it, also where a fragment's part of that stands elsewhere by itself", async () => {
  const { ask } = gateway(flapping(100));
  const dear = `...F ${within("...F statusSpans { seconds startedAt endedAt state { status } }")}`;
  const document = `
    { a: ${oneIn("...F")} b: ${oneIn(dear)} }
    fragment F on Issue { statusSpans { seconds } }`;
  for (const _ of again) {
    const { errors } = await ask(document);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["QUERY_TOO_COMPLEX"]);
  }
});

it("what a subscription tells has no more, each entry anew", async () => {
  const log = scriptedLog();
  const known = flapping(100);
  const { subscribe } = gateway(known, { log });
  for (const _ of again) log.write(entry(1, { event: known.events[0]!, after: known.issues[0]! }));
  const nested = within(within("statusSpans { seconds }"));
  const answersTo = async (fields: string) =>
    Array.fromAsync(
      await subscribe(`subscription { issueChanged(filter: {}) { issue { ${fields} } } }`),
      ({ data }) => data?.errors?.map(({ extensions }) => extensions.code) ?? null,
    );
  expect(await answersTo(nested)).toEqual(again.map(() => ["QUERY_TOO_COMPLEX"]));
  for (const _ of again) log.write(entry(1, { event: known.events[0]!, after: known.issues[0]! }));
  expect(await answersTo("statusSpans { seconds startedAt }")).toEqual(again.map(() => null));
});

it("many lists are counted together, by all that is selected in them", async () => {
  const known = flapping(1_000);
  const spans = (fields: string) => `statusSpans { ${fields} }`;
  const all = "seconds startedAt endedAt state { status substatus } startedBy { id kind }";
  const answerTo = async (selected: string) => {
    const { errors } = await gateway(known).ask(`{ ${oneIn(selected)} }`);
    return errors?.[0]?.extensions.code ?? null;
  };
  expect(await answerTo(spans(all))).toBe(null);
  expect(await answerTo(`a: ${spans(all)} b: ${spans(all)} c: ${spans(all)} d: ${spans(all)}`)).toBe(
    "QUERY_TOO_COMPLEX",
  );
});

it("an answer that is begun anew has no fewer", async () => {
  const known = flapping(15_000);
  const reader = {
    ...fakeReader(known),
    issueByShortId: () => Promise.reject(new Error("broken")),
  };
  const readTransaction = () => Promise.reject(new Error("no transaction expected"));
  const { ask } = gateway(known, { store: { reader, readTransaction } });
  for (const _ of again) {
    const { errors } = await ask(
      `{ ${oneIn("statusSpans { seconds }")} broken: issue(shortId: "A-1") { id } }`,
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["INTERNAL_SERVER_ERROR"]);
  }
});

const fiftyTimes = (field: string) => Array.from({ length: 50 }, (_, at) => `a${at}: ${field}`).join(" ");

it("an answer has no more of what Sentry sent than it may have, however often that is asked for", async () => {
  const issues = Array.from({ length: 100 }, (_, at) => issue(String(at)));
  const raw = new Map(issues.map(({ sentryId }) => [sentryId, { title: "é".repeat(30_000) }]));
  const { ask } = gateway({ issues, raw });
  expect((await ask("{ issues(first: 100) { nodes { raw } } }")).errors).toBeUndefined();
  for (const _ of again) {
    const { data, errors } = await ask(`{ issues(first: 100) { nodes { ${fiftyTimes("raw")} } } }`);
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["QUERY_TOO_COMPLEX"]);
  }
});

it("one value that Sentry sent may be of any size, with no other beside it", async () => {
  const issues = [issue("4501"), issue("4502")];
  const raw = new Map([
    ["4501", { title: "a".repeat(5_000_000) }],
    ["4502", { title: "a" }],
  ]);
  const { ask } = gateway({ issues, raw });
  const small = 'small: issue(sentryId: "4502") { raw }';
  expect((await ask(`{ ${oneIn("raw")} }`)).errors).toBeUndefined();
  for (const fields of [oneIn("raw again: raw"), `${oneIn("raw")} ${small}`, `${small} ${oneIn("raw")}`]) {
    const { errors } = await ask(`{ ${fields} }`);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["QUERY_TOO_COMPLEX"]);
  }
});

it("an answer has no more of bodies than it may have", async () => {
  const bodies = new Map([[5, Buffer.from("a".repeat(3_000_000))]]);
  const { ask } = gateway({ deliveries: [delivery(5)], bodies });
  expect((await ask("{ deliveries { nodes { body } } }")).errors).toBeUndefined();
  const { errors } = await ask(`{ deliveries { nodes { ${fiftyTimes("body")} } } }`);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["QUERY_TOO_COMPLEX"]);
});
