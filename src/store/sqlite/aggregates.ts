import { sql } from "drizzle-orm";
import { durationFiguresOf } from "../../domain/statistics.ts";
import type { Aggregates } from "../aggregates.ts";
import { countsIn, markedNumbersIn, numbersIn } from "./group-concat.ts";

const durations: Aggregates["durations"] = (column) => ({
  told: sql`group_concat(${column})`,
  read: (told) => durationFiguresOf(told === null ? new Float64Array() : numbersIn(told)),
});

/** The letter behind a number. It says which of the words the row has in `by`. */
const markOf = (place: number) => String.fromCharCode("a".charCodeAt(0) + place);

/** Aggregates that hand over all values as one text: as rows, SQLite would take far longer. */
export const sqliteAggregates: Aggregates = {
  durations,
  // Comma-separated lists, joined by commas, are one list.
  listedDurations: durations,
  durationsBy(column, by, words) {
    const marks = words.map((word, place) => sql`when ${word} then ${markOf(place)}`);
    const others = markOf(words.length);
    const mark = sql`case ${by} ${sql.join(marks, sql` `)} else ${others} end`;
    const all = [...words.keys()].map(markOf).join("") + others;
    return {
      told: sql`group_concat(${column} || ${mark})`,
      read: (told) => markedNumbersIn(told ?? "", all).map(durationFiguresOf),
    };
  },
  counts: (column, words) => ({
    told: sql`group_concat(${column})`,
    read: (told) => countsIn(told ?? "", words),
  }),
  parts: (stretches) =>
    sql`(select key as place, value ->> 0 as low, value ->> 1 as high from json_each(${JSON.stringify(stretches)})) as part`,
};
