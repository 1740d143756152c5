import type { FaultTemplate } from "./fault.ts";
import { courierIos } from "./faults/courier-ios.ts";
import { ledger } from "./faults/ledger.ts";
import { ordersApi } from "./faults/orders-api.ts";
import { payments } from "./faults/payments.ts";
import { search } from "./faults/search.ts";
import { storefront } from "./faults/storefront.ts";
import { quoted, quotedOrNull } from "./python.ts";

/**
 * The people and projects of a fictional company with two organisations in Sentry. Their ids and slugs are not those of
 * the tests' corpus, so one gateway can have both. What appears in many bodies is kept as JSON.
 */

/** Who did something, as JSON for the three places where Sentry names them. */
export type Actor = {
  readonly is: "user" | "application";
  /** The top level's `actor`. */
  readonly actorJson: string;
  /** `statusDetails.actor`: the whole user. An application has none. */
  readonly userJson: string;
  /** `data.activity.details`. */
  readonly detailsJson: string;
};

/** A user or a team, as JSON for two places: with a number as id, and with a text. */
export type Assignee = {
  /** `data.assignee`. */
  readonly assigneeJson: string;
  /** `data.issue.assignedTo`. */
  readonly assignedToJson: string;
};

export type Person = Actor & Assignee & { readonly is: "user" };

export type Project = {
  readonly organization: Organization;
  readonly id: string;
  readonly slug: string;
  readonly json: string;
  /** The platform of its events, not the project's own: `python`, not `python-django`. */
  readonly platform: string;
  readonly sdkJson: string;
  /** True if its SDK sends microseconds too. */
  readonly hasMicroseconds: boolean;
  readonly faults: readonly FaultTemplate[];
  readonly team: Assignee;
  /** The probability that ownership rules assign a new issue at once. */
  readonly autoAssigned: number;
  /** Sentry resolves an issue by itself after so many days without an event; null for never. */
  readonly autoResolveDays: number | null;
  /** True if releases are semantic versions, so that "the next release" has a name. */
  readonly isSemver: boolean;
  readonly repository: string;
};

/** An organisation with one installation of one integration. */
export type Organization = {
  readonly slug: string;
  readonly installationId: string;
  readonly installationJson: string;
  /** The action that this integration sends for an archived issue. */
  readonly archiveAction: "ignored" | "archived";
  /** The alert rule that sends `activity_alert`s to the integration; null if there is none. */
  readonly alertJson: string | null;
  readonly people: readonly Person[];
  readonly sentry: Actor;
  /** The integration itself, when another program acts through it. */
  readonly application: Actor;
};

type PersonRow = readonly [id: number, name: string, email: string];
type TeamRow = readonly [id: number, slug: string];

type ProjectRow = Omit<Project, "organization" | "json" | "sdkJson" | "team"> & {
  readonly name: string;
  readonly projectPlatform: string;
  readonly sdk: readonly [name: string, normalized: string];
  readonly team: TeamRow;
};

const tidewater: readonly PersonRow[] = [
  [1804211, "Amara Okafor", "amara.okafor@tidewater.example"],
  [1804377, "Jonas Meißner", "jonas.meissner@tidewater.example"],
  [1811902, "Zoë Åkesson", "zoe.akesson@tidewater.example"],
  [1822640, "priya@tidewater.example", "priya@tidewater.example"],
  [1830015, "Łukasz Wójcik", "lukasz.wojcik@tidewater.example"],
  [1847733, "Thảo Nguyễn", "thao.nguyen@tidewater.example"],
  [1850208, "Mateo Fuentes", "mateo.fuentes@tidewater.example"],
];
const tidewaterLabs: readonly PersonRow[] = [
  [2236051, "Ines Carvalho", "ines.carvalho@tidewater.example"],
  [2240611, "山田 花子", "hanako.yamada@tidewater.example"],
  [2251077, "Samuel O'Brien", "samuel.obrien@tidewater.example"],
];

const storefrontTeam: TeamRow = [88118, "storefront"];
const platformTeam: TeamRow = [88121, "platform-oncall"];
const mobileTeam: TeamRow = [88122, "mobile"];
const labsTeam: TeamRow = [91440, "labs"];

const tidewaterProjects: readonly ProjectRow[] = [
  {
    id: "4507711476129792",
    name: "Storefront",
    slug: "storefront",
    faults: storefront,
    projectPlatform: "javascript-nextjs",
    platform: "javascript",
    sdk: ["sentry.javascript.nextjs", "sentry.javascript.nextjs"],
    hasMicroseconds: false,
    team: storefrontTeam,
    autoAssigned: 0.35,
    autoResolveDays: 14,
    isSemver: true,
    repository: "tidewater/storefront",
  },
  {
    id: "4508112233447424",
    name: "Orders API",
    slug: "orders-api",
    faults: ordersApi,
    projectPlatform: "python-django",
    platform: "python",
    sdk: ["sentry.python.django", "sentry.python"],
    hasMicroseconds: true,
    team: platformTeam,
    autoAssigned: 0.5,
    autoResolveDays: null,
    isSemver: false,
    repository: "tidewater/orders",
  },
  {
    id: "4508112298524672",
    name: "Payments",
    slug: "payments",
    faults: payments,
    projectPlatform: "go",
    platform: "go",
    sdk: ["sentry.go", "sentry.go"],
    hasMicroseconds: true,
    team: platformTeam,
    autoAssigned: 0.5,
    autoResolveDays: null,
    isSemver: true,
    repository: "tidewater/payments",
  },
  {
    id: "4507711530663936",
    name: "Courier for iOS",
    slug: "ios-courier",
    faults: courierIos,
    projectPlatform: "apple-ios",
    platform: "cocoa",
    sdk: ["sentry.cocoa", "sentry.cocoa"],
    hasMicroseconds: false,
    team: mobileTeam,
    autoAssigned: 0.2,
    autoResolveDays: 21,
    isSemver: true,
    repository: "tidewater/courier-ios",
  },
];
const tidewaterLabsProjects: readonly ProjectRow[] = [
  {
    id: "4510023384825856",
    name: "Ledger",
    slug: "ledger",
    faults: ledger,
    projectPlatform: "java-spring-boot",
    platform: "java",
    sdk: ["sentry.java.spring-boot.jakarta", "sentry.java.spring.jakarta"],
    hasMicroseconds: false,
    team: labsTeam,
    autoAssigned: 0.3,
    autoResolveDays: 14,
    isSemver: true,
    repository: "tidewater-labs/ledger",
  },
  {
    id: "4510023401799680",
    name: "Search",
    slug: "search",
    faults: search,
    projectPlatform: "node-express",
    platform: "node",
    sdk: ["sentry.javascript.node", "sentry.javascript.node"],
    hasMicroseconds: false,
    team: labsTeam,
    autoAssigned: 0.1,
    autoResolveDays: null,
    isSemver: false,
    repository: "tidewater-labs/search",
  },
];

/** The integration's own id in Sentry. */
const sentryAppId = 70412;

/** Every project of both organisations. */
export const projects: readonly Project[] = [
  ...createOrganization({
    slug: "tidewater",
    installationId: "3f1d6c0e-58a4-4a7b-9c1e-2d7f50b8e911",
    archiveAction: "ignored",
    alert: null,
    people: tidewater,
    projects: tidewaterProjects,
  }),
  ...createOrganization({
    slug: "tidewater-labs",
    installationId: "b90c2a77-0f4e-4d86-8a53-61c4e2f7d302",
    archiveAction: "archived",
    alert: { id: 412, title: "Every change of status" },
    people: tidewaterLabs,
    projects: tidewaterLabsProjects,
  }),
];

export const organizations: readonly Organization[] = [...new Set(projects.map((one) => one.organization))];

function createOrganization(row: {
  readonly slug: string;
  readonly installationId: string;
  readonly archiveAction: "ignored" | "archived";
  readonly alert: { readonly id: number; readonly title: string } | null;
  readonly people: readonly PersonRow[];
  readonly projects: readonly ProjectRow[];
}): readonly Project[] {
  const { slug, installationId, alert } = row;
  const organization: Organization = {
    slug,
    installationId,
    installationJson: `{"uuid":"${installationId}"}`,
    archiveAction: row.archiveAction,
    alertJson:
      alert === null
        ? null
        : `{"id":${alert.id},"title":${quoted(alert.title)},"sentry_app_id":${sentryAppId}` +
          `,"url":"https://sentry.io/api/0/organizations/${slug}/workflows/${alert.id}/"` +
          `,"web_url":"https://${slug}.sentry.io/organizations/${slug}/monitors/alerts/${alert.id}/"}`,
    people: row.people.map(createPerson),
    sentry: createApplication("sentry", "Sentry"),
    application: createApplication("8d5a1f3c-7b20-4e9d-bb6a-04f3c9d71e58", "Tidewater Status"),
  };
  return row.projects.map(({ name, projectPlatform, sdk, team, ...project }) => ({
    ...project,
    organization,
    json: `{"id":"${project.id}","name":${quoted(name)},"slug":"${project.slug}","platform":${quotedOrNull(projectPlatform)}}`,
    sdkJson: `{"name":"${sdk[0]}","name_normalized":"${sdk[1]}"}`,
    team: createTeam(team),
  }));
}

function createPerson([id, name, email]: PersonRow): Person {
  const named = `"name":${quoted(name)}`;
  const mail = `"email":"${email}"`;
  return {
    is: "user",
    actorJson: `{"type":"user","id":${id},${named}}`,
    userJson:
      `{"id":"${id}",${named},"username":"${email}",${mail}` +
      `,"avatarUrl":"https://gravatar.com/avatar/${id.toString(16)}?s=32&d=mm","isActive":true,"hasPasswordAuth":false` +
      `,"isManaged":false,"dateJoined":"2021-04-02T08:00:00.120417Z","lastLogin":"2025-09-14T06:11:09.044102Z"` +
      `,"has2fa":true,"lastActive":"2025-09-30T09:00:00.009310Z","isSuperuser":false,"isStaff":false,"experiments":{}` +
      `,"emails":[{"id":"${id + 50_000}",${mail},"is_verified":true}]` +
      `,"avatar":{"avatarType":"letter_avatar","avatarUuid":null,"avatarUrl":null}}`,
    detailsJson: `{"user":{"id":${id},${named},"username":"${email}"}}`,
    assigneeJson: `{"type":"user",${named},"id":${id},${mail}}`,
    assignedToJson: `{"type":"user","id":"${id}",${named},${mail}}`,
  };
}

function createTeam([id, slug]: TeamRow): Assignee {
  return {
    assigneeJson: `{"type":"team","name":"${slug}","id":${id}}`,
    assignedToJson: `{"type":"team","id":"${id}","name":"${slug}"}`,
  };
}

function createApplication(id: string, name: string): Actor {
  return {
    is: "application",
    actorJson: `{"type":"application","id":"${id}","name":${quoted(name)}}`,
    userJson: "null",
    detailsJson: "{}",
  };
}
