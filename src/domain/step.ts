import { Course, type Step, type Visit } from "./course.ts";
import type { Claim, Facts } from "./delivery.ts";
import { agree, type State } from "./issue.ts";
import type { Known } from "./known-state.ts";
import { isCreated } from "./order.ts";

/**
 * One step of the walk, from what is known before a delivery. `before` is null for the first one.
 *
 * `p` is the state known before, `s` the state that the snapshot shows (`p` for a stale one, and for one that shows
 * none), `c` the claim (none for a repeat). No row makes a transition to a state that agrees with the one before.
 *
 * | case                              | events                                                                     |
 * | --------------------------------- | -------------------------------------------------------------------------- |
 * | `p` is null                       | `created`, no claim, or `c` is `s`'s status: REPORTED null → `s`.          |
 * |                                   | Else REPORTED null → `c`, INFERRED `c` → `s`                               |
 * | no claim                          | `s` ≠ `p`: INFERRED `p` → `s`. Then REPORTED without a transition, except  |
 * |                                   | for a repeat                                                               |
 * | `s` ≠ `p`, `c` is `s`'s status    | REPORTED `p` → `s`. Out of UNRESOLVED into REGRESSED, INFERRED `p` →       |
 * |                                   | RESOLVED comes first; `unresolved` (not an alert) out of UNRESOLVED into   |
 * |                                   | ESCALATING, INFERRED `p` → IGNORED                                         |
 * | else, `c` is `p`'s status         | the stay in `p` is told: INFERRED becomes REPORTED. But `unresolved` (not  |
 * |                                   | an alert) never means the opening: if `p` is that and `s` ≠ `p`, REPORTED  |
 * |                                   | without a transition. Then, if `s` ≠ `p`, INFERRED `p` → `s`               |
 * | else, `c` is another status       | the newest stay in `c` is told, if this can be a retry and it is not the   |
 * |                                   | opening; else REPORTED `p` → `c`. Then INFERRED → `s`                      |
 * | no event so far, another snapshot | REPORTED without a transition                                              |
 */
export function stepOver(before: Known | null, visit: Visit): Step {
  const { facts, isRepeat } = visit;
  const course = new Course(before, visit);
  const p = before?.state ?? null;
  const s = p !== null && (course.isStale || facts.state.status === "") ? p : facts.state;
  const c = isRepeat ? null : facts.claim;

  if (p === null) {
    course.move("report", isCreated(facts) || c === null || c === s.status ? s : claimed(c));
  } else if (c === null) {
    if (!agree(p, s)) course.move("before", s);
    if (!isRepeat) course.note();
  } else if (c === s.status && !agree(p, s)) {
    const between = unreportedBetween(p, s, facts);
    if (between !== null) course.move("before", between);
    course.move("report", s);
  } else if (c === p.status) {
    if (before!.stay.isOpening && !agree(p, s) && isUnresolvedWebhook(facts)) course.note();
    else course.tellStay();
  } else if (!course.tellStayOver(c)) {
    course.move("report", claimed(c));
  }
  course.moveOn(s);
  course.noteNewSnapshot();
  return course.end(s);
}

/** The state that must lie between, if Sentry did not report it or its webhook was lost; else null. */
function unreportedBetween(p: State, s: State, facts: Facts): State | null {
  if (p.status !== "unresolved" || s.status !== "unresolved") return null;
  if (s.substatus === "regressed") return claimed("resolved");
  // Sentry sends no `unresolved` for an escalation out of UNRESOLVED, but an alert also tells of that.
  if (s.substatus === "escalating" && isUnresolvedWebhook(facts)) return claimed("ignored");
  return null;
}

function isUnresolvedWebhook({ resource, action }: Facts): boolean {
  return resource === "issue" && action === "unresolved";
}

function claimed(claim: Claim): State {
  return { status: claim, substatus: null };
}
