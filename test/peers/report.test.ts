import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";

/** Chromium opens what `run --html` writes. */

const root = fileURLToPath(new URL("../..", import.meta.url));

test("a report draws itself without a network, filters, and opens a device", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fuota-"));
  const file = join(folder, "report.html");
  const args = ["--conditions=fuota-source", "--import", "tsx", "tools/bin.ts", "run"];
  const run = spawnSync(
    process.execPath,
    [...args, "gateway-gap", "--devices", "40", "--html", file],
    { cwd: root, encoding: "utf8" },
  );
  expect(run.stderr).toBe("");
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    const address = pathToFileURL(file).href;
    await page.goto(address);
    await page.waitForSelector("canvas");
    const looks = await page.evaluate<{ blank: number; drawn: number; isWide: boolean }>(`(() => {
      const inks = [...document.querySelectorAll("canvas")].map((canvas) =>
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean));
      const { scrollWidth, clientWidth } = document.documentElement;
      const drawn = inks.filter(Boolean).length;
      return { drawn, blank: inks.length - drawn, isWide: scrollWidth > clientWidth };
    })()`);
    expect(looks).toEqual({ drawn: 6, blank: 0, isWide: false });
    expect(await page.locator("#devices tbody tr").count()).toBe(40);
    await page.locator("#devices tbody button").first().click();
    expect(await page.locator("#detail .map i").count()).toBeGreaterThan(100);
    expect(await page.locator("#detail li").count()).toBeGreaterThan(3);
    await page.locator("#only-failed").check();
    const states = await page.locator("#devices tbody td:nth-child(4)").allTextContents();
    expect(states).not.toContain("updated");
    expect(complaints).toEqual([]);
    expect(requests).toEqual([address]);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});
