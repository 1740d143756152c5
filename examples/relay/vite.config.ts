import { defineConfig, type Plugin } from "vite";

const target = process.env["GATEWAY"] ?? "http://localhost:4000";

// The app asks its own origin, which passes on to the gateway: no CORS, and cookies work. A gateway behind https goes by the
// name that is asked for; it then takes WebSockets of this app's origin only if its CORS_ORIGINS has that.
const proxy = { "/graphql": { target, ws: true, changeOrigin: target.startsWith("https:") } };

/** Puts what the Relay compiler made of each operation in its place; babel-plugin-relay does the same where Babel is used. */
function relay(): Plugin {
  return {
    name: "relay",
    enforce: "pre",
    transform(code, id) {
      if (!/\.tsx?$/.test(id) || !code.includes("graphql`")) return null;
      const imports: string[] = [];
      const replaced = code.replace(
        /graphql`\s*(?:query|subscription|fragment|mutation)\s+(\w+)[^`]*`/g,
        (_whole, name: string) => {
          imports.push(`import ${name} from "./__generated__/${name}.graphql.ts";`);
          return name;
        },
      );
      return { code: `${imports.join("")}${replaced}`, map: null };
    },
  };
}

export default defineConfig({ plugins: [relay()], server: { proxy }, preview: { proxy } });
