import { defineConfig } from "vite";

// The app asks its own origin, which passes on to the gateway: no CORS, and cookies work.
const proxy = { "/graphql": { target: process.env["GATEWAY"] ?? "http://localhost:4000", ws: true } };

export default defineConfig({ server: { proxy }, preview: { proxy } });
