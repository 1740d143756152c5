import { defineConfig, type ProxyOptions } from "vite";

const target = process.env["GATEWAY"] ?? "http://localhost:4000";

// The app asks its own origin, which passes on to the gateway: no CORS, and cookies work. A gateway behind https goes by the
// name that is asked for.
const gateway: ProxyOptions = {
  target,
  changeOrigin: target.startsWith("https:"),
  configure(proxy) {
    // A stream that the gateway's death cuts off has to end in the browser, too: Vite's proxy would leave it open.
    proxy.on("proxyRes", (answer, _request, response) => {
      answer.on("close", () => {
        if (!answer.complete) response.destroy();
      });
    });
  },
};
const proxy = { "/graphql": gateway, "/session": gateway };

export default defineConfig({ server: { proxy }, preview: { proxy } });
