import { sql } from "drizzle-orm";
import type Database from "better-sqlite3";
import { toReadAndSort, type IssuesTable, type Narrowing } from "../dialect.ts";
import type { IdleTask } from "./idle-work.ts";

/**
 * The index of the issues' texts: FTS5's trigrams of the folded columns.
 *
 * It stores which rows hold a trigram and nothing else (no positions, no text), which is a third of the size. So for a
 * longer text it finds rows that hold all its trigrams somewhere: the caller has to compare the columns as well.
 */

/** Most trigrams of a text that are looked up, evenly spread: each costs time, and few suffice. */
const mostTrigrams = 12;

/** The newest issue in the index; 0 for none. Newer issues are not indexed yet. */
const newestIndexed = "(select ifnull(max(id), 0) from issues_search_docsize)";

/**
 * Creates the index if it is missing, from the issues that are there, and the triggers that keep indexed issues up to
 * date. New issues are added by `indexOldest`, so that no webhook waits for some hundred trigrams.
 *
 * The tokenizer is told to fold nothing: `fold` has done that, by rules of its own.
 */
export function openSearch(client: Database.Database): void {
  const make = client.transaction(() => {
    const known = client.prepare("select 1 from sqlite_schema where name = 'issues_search'").get();
    if (known !== undefined) return;
    client.exec(`
      create virtual table issues_search using fts5(
        title, culprit, short_id,
        content='', contentless_delete=1, detail=none,
        tokenize='trigram case_sensitive 1'
      );
      create trigger issues_search_delete after delete on issues when old.id <= ${newestIndexed} begin
        delete from issues_search where rowid = old.id;
      end;
      create trigger issues_search_update after update of title_folded, culprit_folded, short_id_folded on issues
        when (old.title_folded, old.culprit_folded, old.short_id_folded)
          is not (new.title_folded, new.culprit_folded, new.short_id_folded)
          and old.id <= ${newestIndexed} begin
        delete from issues_search where rowid = old.id;
        insert into issues_search (rowid, title, culprit, short_id)
          values (new.id, new.title_folded, new.culprit_folded, new.short_id_folded);
      end;
    `);
    indexOldest(client, -1);
  });
  make.immediate();
}

/**
 * Most issues that stay unindexed while writing goes on. Every search reads all of them; with so many, a search for a
 * rare text still finds few (`toReadAndSort`).
 */
const mostUnindexed = 4_000;

/** Some 5 ms of work. */
const issuesInSlice = 200;

/** Adds new issues to the index. */
export function indexing(client: Database.Database): IdleTask {
  return {
    waiting: () => unindexed(client),
    mostWaiting: mostUnindexed,
    slice: () => indexOldest(client, issuesInSlice) === issuesInSlice,
  };
}

/**
 * Adds up to `most` of the issues that are not indexed yet (all for -1), oldest first, and returns how many it added.
 */
export function indexOldest(client: Database.Database, most: number): number {
  return client
    .prepare(
      `insert into issues_search (rowid, title, culprit, short_id)
        select id, title_folded, culprit_folded, short_id_folded from issues
        where id > ${newestIndexed} order by id limit ?`,
    )
    .run(most).changes;
}

/** About how many issues are not indexed yet. */
function unindexed(client: Database.Database): number {
  return client
    .prepare<[], number>(`select ifnull((select max(id) from issues), 0) - ${newestIndexed}`)
    .pluck()
    .get()!;
}

/** Drops the index and its triggers; `openSearch` creates them again. */
export function dropSearch(client: Database.Database): void {
  client.exec(`
    drop trigger issues_search_delete;
    drop trigger issues_search_update;
    drop table issues_search;
  `);
}

/**
 * The issues that hold the trigrams of `text`, and those that are not indexed yet. Null if the text is shorter than
 * three characters, and so has no trigram.
 */
export function containing(issues: IssuesTable, text: string): Narrowing | null {
  const { id } = issues;
  const characters = Array.from(text);
  const count = characters.length - 2;
  if (count < 1) return null;
  const step = Math.max(1, (count - 1) / (mostTrigrams - 1));
  const trigrams = new Set<string>();
  for (let at = 0; at <= count - 1; at += step) {
    const from = Math.round(at);
    trigrams.add(characters.slice(from, from + 3).join(""));
  }
  trigrams.add(characters.slice(-3).join(""));
  const query = [...trigrams].map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(" AND ");
  const found = sql`select rowid from issues_search where issues_search match ${query}
    union all select ${id} from ${issues} where ${id} > ${sql.raw(newestIndexed)}`;
  return { condition: sql`${id} in (${found})`, found, ...toReadAndSort };
}
