/** Writes as much as a few deliveries do: a disk that is full for them may still have room for less. */
export const probe = "insert or replace into meta (name, value) values ('probe', hex(zeroblob(65536)))";

/** Deletes it again: otherwise it would be read with each read of `meta`. */
export const unprobe = "delete from meta where name = 'probe'";
