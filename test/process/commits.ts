import { openWriter } from "../../src/store/sqlite/connection.ts";

/** Commits this many times with a given `synchronous`, to compare the number of syncs with. */

const [file, synchronous, count] = process.argv.slice(2);
const { client } = openWriter(file!);
client.exec("create table commits (n)");
client.pragma(`synchronous = ${synchronous}`);
for (let commit = 0; commit < Number(count); commit += 1) client.exec("insert into commits values (1)");
client.close();
