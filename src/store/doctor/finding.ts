/** One thing that is wrong, and what to do about it. */
export type Finding = { readonly problem: string; readonly remedy: string };

/** A store is examined by the version that its tables are of. */
export const otherVersion: Finding = {
  problem: "The tables are those of another version of Issuewire, and were not examined.",
  remedy: "Run doctor with that version, or start a gateway of this one first.",
};

/** Most findings of one kind that are told one by one. */
const mostOfOneSort = 10;

/** Findings of one kind: the first ones, and how many more. */
export class Findings {
  readonly #told: Finding[] = [];
  #more = 0;
  readonly #summary: (many: number) => string;

  constructor(summary: (many: number) => string) {
    this.#summary = summary;
  }

  add(finding: Finding): void {
    if (this.#told.length < mostOfOneSort) this.#told.push(finding);
    else this.#more += 1;
  }

  all(): readonly Finding[] {
    if (this.#more === 0) return this.#told;
    return [...this.#told, { problem: this.#summary(this.#more), remedy: this.#told[0]!.remedy }];
  }
}
