import { createAgenda } from "./agenda.ts";
import { bodyOf, installationBody } from "./body.ts";
import { day, hour, minute, second } from "./duration.ts";
import {
  createIssue,
  eventTime,
  passTime,
  printedState,
  type PrintedState,
  type SimulatedIssue,
} from "./issue.ts";
import { autoAssignment, nextStep } from "./life.ts";
import { createRandom } from "./random.ts";
import { announcementsOf, take, type Announcement, type Step } from "./step.ts";
import { signed, type Arrival, type Webhook, type WebhookKind } from "./webhook.ts";
import { organizations, projects, type Organization } from "./world.ts";

/** The probability of each thing that can go wrong with a delivery, from 0 to 1. */
export type Trouble = { readonly late: number; readonly repeated: number; readonly lost: number };

/** As it is with a receiver that mostly works. */
const usualTrouble: Trouble = { late: 0.03, repeated: 0.025, lost: 0.01 };

/** What really happened, whatever was sent about it. */
export type Happening = {
  readonly issueId: string;
  readonly step: Step["is"];
  /** Epoch milliseconds. */
  readonly at: number;
  /** Null for the first step of an issue's life. */
  readonly from: PrintedState | null;
  readonly to: PrintedState;
  /** The kinds that Sentry sends for the step, those lost on the way included. */
  readonly webhooks: readonly WebhookKind[];
};

type TrafficOptions = {
  /** A whole number of 32 bits. The same seed and options give the same bytes. */
  readonly seed: number;
  readonly secret: string;
  /** `usualTrouble` by default. */
  readonly trouble?: Trouble;
  /** Called for each webhook that is lost on the way, and so never comes out. */
  readonly onLost?: (what: WebhookKind) => void;
  /** Called for each step, before the webhooks about it come out. */
  readonly onStep?: (happening: Happening) => void;
};

export type PastOptions = TrafficOptions & {
  /** How many issues begin within the period, evenly spread; about some of them no webhook comes. */
  readonly issues: number;
  /** Epoch milliseconds. Webhooks due after `to` are left out. */
  readonly from: number;
  readonly to: number;
};

/** Yields a period's webhooks in order of arrival. Only issues to which something can still happen are in memory. */
export function pastTraffic({ issues, from, to, ...options }: PastOptions): Iterable<Webhook> {
  return simulate({
    ...options,
    issues,
    from,
    to,
    haste: 1,
    nowAt: Math.floor,
    birthSpacing: (to - from) / issues,
    replaces: false,
  });
}

export type LiveOptions = TrafficOptions & {
  /** How many issues are alive at a time. When one's life ends another begins. */
  readonly issues: number;
  /**
   * Webhooks a second that the caller will take. Lives run faster to reach it; late deliveries are late in real time.
   */
  readonly rate: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** Yields webhooks without end. Each shows the time at which it is taken, so take it only when it is to be sent. */
export function liveTraffic({ issues, rate, now, ...options }: LiveOptions): Iterable<Webhook> {
  const haste = Math.max(1, rate / second / (issues * webhooksPerMs));
  return simulate({
    ...options,
    issues,
    from: now(),
    to: Infinity,
    haste,
    nowAt: () => Math.floor(now()),
    // The first lives begin one after the other, spread over the length of a life.
    birthSpacing: lifeMs / haste / issues,
    replaces: true,
  });
}

/** The time until nothing happens to an issue any more, on average and measured. */
const lifeMs = 7.9 * day;
/** The webhooks that a living issue causes per millisecond of its life, on average and measured. */
const webhooksPerMs = 0.7 / day;

type Simulation = TrafficOptions & {
  readonly issues: number;
  readonly from: number;
  readonly to: number;
  /** The factor by which lives run faster than deliveries. */
  readonly haste: number;
  /** The time that bodies and headers show for what is due `at`; whole milliseconds. */
  readonly nowAt: (at: number) => number;
  readonly birthSpacing: number;
  /** True if a new life begins when one ends. */
  readonly replaces: boolean;
};

/** A webhook in Sentry's queue. */
type Sending = {
  readonly issue: SimulatedIssue;
  readonly announcement: Announcement;
  /** The body of a `created`, whose snapshot Sentry takes once. Null for others: it takes theirs at each attempt. */
  readonly fixedBody: string | null;
  readonly idempotencyKey: string | null;
  readonly arrival: Arrival;
  /** How long it is held back after it was sent, in milliseconds. */
  readonly heldFor: number;
  /** After how long the same request comes again; null for never. */
  readonly replayedAfter: number | null;
  /** How many more times Sentry sends it, though the receiver has it. */
  readonly retries: number;
};

type Task =
  /** `index` counts the issues that begin by themselves; null for one that replaces another. */
  | { readonly is: "birth"; readonly index: number | null }
  | { readonly is: "step"; readonly issue: SimulatedIssue; readonly at: number; readonly step: Step }
  | { readonly is: "installation"; readonly organization: Organization }
  | { readonly is: "sending"; readonly sending: Sending }
  | { readonly is: "arrival"; readonly webhook: Webhook };

/**
 * Runs all tasks from one agenda, in order of time. There are three times: the agenda's, in which deliveries are late;
 * the lives', which runs `haste` times as fast; and the one in bodies and headers. For a past they are one.
 */
function* simulate(options: Simulation): Generator<Webhook, void, undefined> {
  const { seed, secret, issues, from, to, haste, nowAt, onLost, onStep, trouble = usualTrouble } = options;
  const random = createRandom(seed);
  const agenda = createAgenda<Task>();
  // Runs with different seeds have different issues.
  const firstId = 7_000_000_000 + random.below(4_000) * 1_000_000;
  const numbers = new Map(projects.map((project) => [project, random.below(0x10_0000)]));
  let births = 0;

  const plan = (dueAt: number, task: Task): void => {
    if (dueAt <= to) agenda.add(dueAt, task);
  };
  const lifeTime = (dueAt: number): number => from + (dueAt - from) * haste;

  function planBirth(index: number): void {
    if (index < issues) plan(from + (index + random.next()) * options.birthSpacing, { is: "birth", index });
  }

  function planStep(issue: SimulatedIssue, at: number, dueAt: number): void {
    const next = nextStep(issue, at, random);
    if (next !== null) plan(from + (next.at - from) / haste, { is: "step", issue, ...next });
    else if (options.replaces) plan(dueAt + random.exponential(hour) / haste, { is: "birth", index: null });
  }

  function bear(dueAt: number): void {
    const project = random.pick(projects);
    const number = (numbers.get(project) ?? 0) + 1;
    numbers.set(project, number);
    // Some of the first issues are older than the installation, so no `created` was sent for them.
    const isOld = births < issues / 10 && random.chance(0.3);
    const age = isOld ? random.between(8 * day, 90 * day) : random.between(150, 2 * second);
    const firstSeenUs = eventTime(project, (nowAt(dueAt) - age) * 1000, random);
    const at = lifeTime(dueAt);
    const id = `${firstId + births}`;
    const issue = createIssue({ project, number, id, bornAt: at - age, firstSeenUs }, random);
    births++;
    if (isOld) {
      issue.condition = { is: "unresolved", because: "ongoing" };
    } else {
      // Sentry queues the automatic assignment first.
      const assignment = autoAssignment(issue, random);
      if (assignment !== null) happen(issue, assignment, at, dueAt);
      happen(issue, { is: "created" }, at, dueAt);
    }
    planStep(issue, at, dueAt);
  }

  function happen(issue: SimulatedIssue, step: Step, at: number, dueAt: number): void {
    const nowUs = nowAt(dueAt) * 1000;
    const before = printedState(issue, nowUs);
    take(step, issue, at, nowUs, random);
    const announcements = announcementsOf(step, issue);
    onStep?.({
      issueId: issue.id,
      step: step.is,
      at: nowUs / 1000,
      from: step.is === "created" ? null : before,
      to: printedState(issue, nowUs),
      webhooks: announcements.map((announcement) => announcement.is),
    });
    for (const announcement of announcements) announce(issue, announcement, dueAt, nowUs);
  }

  function announce(issue: SimulatedIssue, announcement: Announcement, dueAt: number, nowUs: number): void {
    if (random.chance(trouble.lost)) {
      onLost?.(announcement.is);
      return;
    }
    const isCreated = announcement.is === "created";
    const isLate = random.chance(trouble.late);
    const isRepeated = random.chance(trouble.repeated);
    // Other late ones wait in Sentry's queue and are stamped when they leave.
    const isHeldOnTheWay = isLate && random.chance(0.3);
    const isReplayed = isRepeated && random.chance(0.3);
    const lateBy = isLate ? lateness() : 0;
    // `created` makes one more hop, so an automatic assignment often arrives before it.
    const hop = 300 + random.exponential(700) + (isCreated ? random.exponential(1_200) : 0);
    const sending: Sending = {
      issue,
      announcement,
      fixedBody: isCreated ? bodyOf(announcement, issue, nowUs, random) : null,
      idempotencyKey: hasIdempotencyKey(announcement) && !random.chance(0.04) ? random.hex32() : null,
      arrival: isLate ? "late" : "prompt",
      heldFor: isHeldOnTheWay ? lateBy : 0,
      replayedAfter: isReplayed ? second + random.exponential(20 * second) : null,
      retries: isRepeated && !isReplayed ? (random.chance(0.15) ? 2 : 1) : 0,
    };
    plan(dueAt + hop + lateBy - sending.heldFor, { is: "sending", sending });
  }

  function lateness(): number {
    return random.chance(0.03) ? random.between(hour, 6 * hour) : random.logUniform(5 * second, 30 * minute);
  }

  /** Makes the webhook as it leaves Sentry, and plans its later arrivals. Null if it is held back. */
  function send(sending: Sending, dueAt: number): Webhook | null {
    const { issue, announcement, idempotencyKey, arrival, heldFor, replayedAfter, retries } = sending;
    const sentAt = nowAt(dueAt);
    passTime(issue, lifeTime(dueAt), sentAt * 1000, random);
    const text = sending.fixedBody ?? bodyOf(announcement, issue, sentAt * 1000, random);
    const letter = { text, what: announcement.is, issueId: issue.id, idempotencyKey, arrival, sentAt };
    const webhook = signed(letter, secret, random);
    if (retries > 0) {
      const again: Sending = { ...sending, arrival: "repeated", heldFor: 0, retries: retries - 1 };
      plan(dueAt + 5 * minute + random.exponential(2 * second), { is: "sending", sending: again });
    }
    if (replayedAfter !== null) {
      const replay: Webhook = { ...webhook, arrival: "repeated" };
      plan(dueAt + heldFor + replayedAfter, { is: "arrival", webhook: replay });
    }
    if (heldFor === 0) return webhook;
    plan(dueAt + heldFor, { is: "arrival", webhook });
    return null;
  }

  for (const organization of organizations) {
    if (random.chance(0.5)) plan(from + random.exponential(minute), { is: "installation", organization });
  }
  planBirth(0);
  for (let due = agenda.take(); due !== null; due = agenda.take()) {
    const { at: dueAt, item: task } = due;
    switch (task.is) {
      case "birth":
        bear(dueAt);
        if (task.index !== null) planBirth(task.index + 1);
        break;
      case "step":
        happen(task.issue, task.step, task.at, dueAt);
        planStep(task.issue, task.at, dueAt);
        break;
      case "installation": {
        const { organization } = task;
        const text = installationBody(organization, random.pick(organization.people), random.hex32());
        const sentAt = nowAt(dueAt);
        const letter = { text, issueId: null, idempotencyKey: null, sentAt };
        yield signed({ ...letter, what: "installation", arrival: "prompt" }, secret, random);
        break;
      }
      case "sending": {
        const webhook = send(task.sending, dueAt);
        if (webhook !== null) yield webhook;
        break;
      }
      case "arrival":
        yield { ...task.webhook, dueAt: nowAt(dueAt) };
        break;
    }
  }
}

/** Not every producer in Sentry gives its task a key. */
function hasIdempotencyKey({ is }: Announcement): boolean {
  return is !== "activity" && is !== "comment";
}
