import { defineConfig } from "vite";

const target = process.env["GATEWAY"] ?? "http://localhost:4000";

// The app asks its own origin, which passes on to the gateway: no CORS, and cookies work. A gateway behind https goes by the
// name that is asked for; it then takes WebSockets of this app's origin only if its CORS_ORIGINS has that.
const proxy = { "/graphql": { target, ws: true, changeOrigin: target.startsWith("https:") } };

export default defineConfig({ server: { proxy }, preview: { proxy } });
