/** Writes as much as a few deliveries do: a disk may have room for less than that and still be full for them. */
export const probe = "insert or replace into meta (name, value) values ('probe', hex(zeroblob(65536)))";

/** Takes that away again: whoever asks what the store remembers of itself would read it each time. */
export const unprobe = "delete from meta where name = 'probe'";
