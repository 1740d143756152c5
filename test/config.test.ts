import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  ConfigError,
  describeSettings,
  idleLines,
  parseConfig,
  readEnvironment,
  unknownSettings,
} from "../src/config.ts";
import { isPostgres, withoutPassword } from "../src/database-url.ts";
import { errorCodes } from "../src/graphql/errors.ts";
import { temporaryFolder } from "./store/open.ts";

describe("the settings", () => {
  it("have defaults that start a gateway on this machine alone", () => {
    expect(parseConfig({})).toEqual({
      PORT: 4000,
      HOST: "127.0.0.1",
      DATABASE_URL: "file:./data/issuewire.db",
      WEBHOOK_MAX_BYTES: 2_097_152,
      GRAPHIQL: "on",
      INTROSPECTION: "on",
      CORS_ORIGINS: [],
      TRUST_PROXY: 0,
      LIMIT_SOCKETS_PER_ADDRESS: 1000,
      LIMIT_OPERATIONS_PER_SOCKET: 100,
      LIMIT_DEPTH: 12,
      LIMIT_COST: 25_000,
      LIMIT_TOKENS: 2_000,
      LIMIT_ALIASES: 50,
      LIMIT_DIRECTIVES: 50,
      LIMIT_BODY_BYTES: 100_000,
      LIMIT_URL_BYTES: 8_192,
      LIMIT_SECONDS: 10,
      LIMIT_AT_ONCE: 500,
      LIMIT_REQUESTS: 6_000,
      DRAIN_DELAY: 5_000,
      LOG_LEVEL: "info",
    });
  });

  it("take a setting that is empty for one that is not given", () => {
    expect(parseConfig({ PORT: "", WEBHOOK_BEARER: "" })).toEqual(parseConfig({}));
  });

  it("take a PostgreSQL database, and never show its password", () => {
    const { DATABASE_URL: url } = parseConfig({
      DATABASE_URL: "postgres://ann:p%40ss@db:5432/issues?sslmode=verify-full",
    });
    expect(isPostgres(url)).toBe(true);
    expect(withoutPassword(url)).toBe("postgres://ann:***@db:5432/issues?sslmode=verify-full");
    expect(withoutPassword("postgres://ann@b:se@c:ret@db/issues")).toBe("postgres://ann@b:***@db/issues");
    expect(withoutPassword("postgresql://db/issues?user=ann&password=secret")).not.toContain("secret");
    expect(withoutPassword("postgres://ann:a b\tc@db/issues")).toBe("postgres://ann:***@db/issues");
    expect(withoutPassword("postgres://ann b:secret@db/issues")).toBe("postgres://ann b:***@db/issues");
    expect(withoutPassword("got 1: postgres://db/issues?password=a b&user=ann.\n")).toBe(
      "got 1: postgres://db/issues?password=***&user=ann.\n",
    );
    expect(withoutPassword("file:./a:b@c.db")).toBe("file:./a:b@c.db");
  });

  it.each([
    "postgres://issuewire:se@cret@db.example/issuewire?sslmode=require",
    "postgres://issuewire:secret@/issuewire?host=/run/postgresql",
    "postgresql:///issuewire",
    "file:./100%25.db",
  ])("take a database as its own tools do: %s", (url) => {
    expect(parseConfig({ DATABASE_URL: url }).DATABASE_URL).toBe(url);
  });

  it("take several secrets, and several origins", () => {
    const config = parseConfig({
      SENTRY_CLIENT_SECRET: "new, old",
      CORS_ORIGINS: "https://a.b,http://localhost:3000",
    });
    expect(config.SENTRY_CLIENT_SECRET).toEqual(["new", "old"]);
    expect(config.CORS_ORIGINS).toEqual(["https://a.b", "http://localhost:3000"]);
  });

  it.each([
    ["PT6H", 6 * 3_600_000],
    ["P1DT2H3M4S", 93_784_000],
    ["P2W", 14 * 86_400_000],
    ["PT30M", 1_800_000],
  ])("read the duration %s", (text, ms) => {
    expect(parseConfig({ FEED_SILENCE_AFTER: text }).FEED_SILENCE_AFTER).toBe(ms);
  });

  it.each([
    ["PORT", "65536"],
    ["PORT", "4000x"],
    ["PORT", "-1"],
    ["HOST", "http://localhost"],
    ["TRUST_PROXY", "true"],
    ["ALLOW_ANONYMOUS", "yes"],
    ["DATABASE_URL", "mysql://somewhere"],
    ["DATABASE_URL", "file:"],
    ["DATABASE_URL", "file:./100%.db"],
    ["DATABASE_URL", "file:///a%2Fb.db"],
    ["DATABASE_URL", "file:a%00b.db"],
    ["DATABASE_URL", "file:./a.db "],
    ["DATABASE_URL", "file:a.db%0D"],
    ["DATABASE_URL", "file: "],
    ["DATABASE_URL", "file:./data/"],
    ["DATABASE_URL", "file://data/x.db"],
    ["DATABASE_URL", "file://./x.db"],
    ["DATABASE_URL", "file::memory:"],
    ["DATABASE_URL", "file:///data/team#1.db"],
    ["DATABASE_URL", "file:///data/team?1.db"],
    ["DATABASE_URL", "file:./data/team#1.db"],
    ["DATABASE_URL", "file:./data/team?1.db"],
    ["DATABASE_URL", "file:./a%2Fb.db"],
    ["DATABASE_URL", "postgres://issuewire:secret@db.example:port/issuewire"],
    ["DATABASE_URL", "postgres://issuewire:with/slash@db.example/issuewire"],
    ["DATABASE_DIRECT_URL", "postgres://[::1/issuewire"],
    ["DATABASE_URL", "postgres://ann:a/b@db/issues"],
    ["DATABASE_DIRECT_URL", "postgres://ann:a#b@db/issues"],
    ["DATABASE_URL", "postgres://ann:a b@db/issues"],
    ["DATABASE_DIRECT_URL", "postgres://db/issues?user=ann&password=a b"],
    ["DATABASE_URL", "postgres://db/issues?port=99999"],
    ["DATABASE_DIRECT_URL", "postgres://db/issues?port=none"],
    ["SENTRY_CLIENT_SECRET", "one,,two"],
    ["WEBHOOK_MAX_BYTES", "0"],
    // A thread that reads a larger body may need more memory than it may have, which ends the process.
    ["WEBHOOK_MAX_BYTES", "4194305"],
    ["WEBHOOK_BEARER", "two words"],
    ["FEED_SILENCE_AFTER", "6h"],
    ["FEED_SILENCE_AFTER", "P"],
    ["FEED_SILENCE_AFTER", "P1M"],
    ["DRAIN_DELAY", "P30D"],
    ["GRAPHIQL", "yes"],
    ["INTROSPECTION", "true"],
    ["CORS_ORIGINS", "https://a.b/"],
    ["CORS_ORIGINS", "*"],
    ["CORS_ORIGINS", "https://*.b.example"],
    ["LOG_LEVEL", "loud"],
  ])("refuse %s=%s, by its name, and say what it must be", (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(
      new RegExp(`^These settings are wrong:\n  ${name}: (?:must (?:be|name) |cannot be read: )`),
    );
  });

  it.each([
    "postgres://ann@/issues",
    "postgres:///issues?host=/run/postgresql",
    "file:a b.db",
    "file:%40.db",
  ])("take %s for a database", (url) => expect(parseConfig({ DATABASE_URL: url }).DATABASE_URL).toBe(url));

  it("take those of JWTs together or not at all", () => {
    const all = { JWT_JWKS_URL: "https://a.b/keys", JWT_ISSUER: "https://a.b", JWT_AUDIENCE: "us" };
    expect(parseConfig(all)).toMatchObject(all);
    expect(() => parseConfig({ JWT_ISSUER: "https://a.b" })).toThrow(
      /JWT_JWKS_URL: is missing.*JWT_AUDIENCE: is missing/s,
    );
    for (const url of ["file:///etc/keys", "https://ann:pass@a.b/keys"])
      expect(() => parseConfig({ ...all, JWT_JWKS_URL: url })).toThrow("JWT_JWKS_URL: must be");
  });

  it("name every wrong one at once", () => {
    const wrong = { PORT: "x", LOG_LEVEL: "x", GRAPHIQL: "x" };
    let message = "";
    try {
      parseConfig(wrong);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = String(error);
    }
    expect(Object.keys(wrong).filter((name) => !message.includes(`${name}: `))).toEqual([]);
  });

  it("name one once of which several values are wrong", () => {
    let message = "";
    try {
      parseConfig({ CORS_ORIGINS: "https://a.b/,*" });
    } catch (error) {
      message = String(error);
    }
    expect(message.match(/CORS_ORIGINS: /g)).toHaveLength(1);
  });

  it("are told from names that look as if they were some", () => {
    const wrong = { LIMIT_DEPHT: "9", RETENTION_DAYS: "30", limit_dept: "9", Sentry_Client_Secret: "x" };
    expect(unknownSettings({ ...wrong, LIMIT_DEPTH: "9", DATABASE_HOST: "db", http_proxy: "x" })).toEqual(
      Object.keys(wrong),
    );
  });

  it("never repeat a value that is wrong, for it may be a secret", () => {
    expect(() => parseConfig({ WEBHOOK_BEARER: "my secret token" })).toThrow(/^(?!.*my secret).*$/s);
  });

  it("are all described, and each limit by the code of the error that is beyond it", () => {
    const codes = [...Object.keys(errorCodes), "OVERLOADED"].join("|");
    for (const { name, description } of describeSettings()) {
      const told = name.startsWith("LIMIT_") ? new RegExp(`; (?:${codes})(?: \\(\\d{3}\\))? beyond`) : /./;
      expect(description, name).toMatch(told);
      expect(description, name).toMatch(/\.$/);
    }
  });
});

describe("the file .env", () => {
  it("may begin with a byte order mark, and is refused where it is not UTF-8", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, ".env");
    writeFileSync(file, "\uFEFFWEBHOOK_BEARER=one\r\nLIMIT_DEPTH=9\r\n");
    expect(readEnvironment(file)).toMatchObject({ WEBHOOK_BEARER: "one", LIMIT_DEPTH: "9" });
    writeFileSync(file, "\uFEFFWEBHOOK_BEARER=one", "utf16le");
    expect(() => readEnvironment(file)).toThrow(`The file ${file} cannot be read`);
  });
});

describe("a line of .env", () => {
  it.each([
    ["PORT=1\n\n# PORT: 2\nexport HOST=::1\nLIMIT_DEPTH = 9 # so deep\n", []],
    ["PORT: 1\r\nHOST=::1\r\n", [1]],
    ["PORT\nHOST=::1\n=9", [1, 3]],
    ["DATABASE_URL: postgres://ann:pass@db/issues?options=x\nPORT=1", [1]],
    ['WEBHOOK_BEARER="one\ntwo\n# three\n"\nPORT 1', [5]],
    ["PORT=1\nHOST=::1\nPORT=2", [1]],
  ])("that sets nothing is found: %j", (text, lines) => {
    using folder = temporaryFolder();
    const file = join(folder.path, ".env");
    writeFileSync(file, text);
    expect(idleLines(file)).toEqual(lines);
  });

  it("is in no file that is not there", () => expect(idleLines("none.env")).toEqual([]));
});
