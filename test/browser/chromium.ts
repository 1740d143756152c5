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
    // There is no sandbox for root, and where there is no graphics card, drawing without one asked for is the quickest.
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
