import chromium from "@sparticuz/chromium";
import { existsSync } from "node:fs";
import { chromium as playwright, type Browser } from "playwright-core";

/** A real headless browser: Chromium from its npm package on Linux for x64, an installed Chrome elsewhere. */
export async function openBrowser(): Promise<Browser> {
  const isPackaged = process.platform === "linux" && process.arch === "x64";
  if (!isPackaged) return playwright.launch({ channel: "chrome" });
  const executablePath = await chromium.executablePath();
  if (!existsSync(executablePath))
    throw new Error("The Chromium of @sparticuz/chromium could not be unpacked.");
  return playwright.launch({
    executablePath,
    // Chromium has no sandbox under root. Without a graphics card, drawing is the quickest if none is asked for.
    args: [
      "--no-sandbox",
      "--no-zygote",
      "--disable-gpu",
      "--disable-software-rasterizer",
      "--font-render-hinting=none",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    headless: true,
  });
}
