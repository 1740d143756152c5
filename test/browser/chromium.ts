import chromium from "@sparticuz/chromium";
import { existsSync } from "node:fs";
import { chromium as playwright, type Browser } from "playwright-core";

/**
 * A real browser without a window: the Chromium inside its npm package on Linux for x64, an installed Chrome elsewhere.
 */
export async function openBrowser(): Promise<Browser> {
  const isPackaged = process.platform === "linux" && process.arch === "x64";
  if (!isPackaged) return playwright.launch({ channel: "chrome" });
  const executablePath = await chromium.executablePath();
  if (!existsSync(executablePath))
    throw new Error("The Chromium of @sparticuz/chromium could not be unpacked.");
  return playwright.launch({
    executablePath,
    // Its own arguments are for machines without a display and, on most of them, without a sandbox for root.
    // In a single process, the first context that is closed would take the browser with it; and a page is to be held to
    // what browsers hold it to.
    args: [
      ...chromium.args.filter((arg) => arg !== "--single-process" && arg !== "--disable-web-security"),
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    headless: true,
  });
}
