import { readFileSync } from "node:fs";

type Index = { readonly clientSecret: string; readonly entries: readonly CorpusEntry[] };

/** One request as Sentry sends it, and what its body shows. */
export type CorpusEntry = {
  readonly file: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expected: {
    readonly http: string;
    readonly resource?: string;
    readonly action?: string;
    readonly issueId?: string;
    readonly status?: string;
    readonly substatus?: string | null;
    readonly statusDetailsKeys?: readonly string[];
    readonly issueCategory?: string;
    readonly issueType?: string;
    readonly resolutionType?: string;
    readonly activityType?: string;
  };
};

const folder = new URL("../fixtures/corpus/", import.meta.url);

export const { clientSecret, entries }: Index = JSON.parse(
  readFileSync(new URL("index.json", folder), "utf8"),
);

/** The exact bytes of the request's body. */
export function corpusBody(file: string): Buffer {
  return readFileSync(new URL(file, folder));
}
