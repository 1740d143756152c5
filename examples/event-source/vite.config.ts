import { defineConfig, type ProxyOptions } from "vite";

// The app asks its own origin, which passes on to the gateway: no CORS, and cookies work.
const gateway: ProxyOptions = {
  target: process.env["GATEWAY"] ?? "http://localhost:4000",
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
