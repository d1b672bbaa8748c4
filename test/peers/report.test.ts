import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Chromium opens what `run --html` writes. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fuota-"));
let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

/** The address of the page that a run writes. */
function written(...args: readonly string[]): string {
  const file = join(folder, `${args.join("-")}.html`);
  const program = ["--conditions=fuota-source", "--import", "tsx", "tools/bin.ts", "run"];
  const run = spawnSync(process.execPath, [...program, ...args, "--html", file], {
    cwd: root,
    encoding: "utf8",
  });
  expect(run.stderr).toBe("");
  return pathToFileURL(file).href;
}

/** Opens it, and keeps what it complains of and what it asks for. */
async function opened(address: string, colorScheme: "light" | "dark") {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address);
  await page.waitForSelector("section");
  return { page, complaints, requests };
}

interface Looks {
  readonly drawn: number;
  readonly blank: number;
  readonly isWide: boolean;
  readonly ground: string;
}

async function looksOf(page: Page): Promise<Looks> {
  // Charts are painted behind the script that asks for them.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
  return await page.evaluate<Looks>(`(() => {
    const inks = [...document.querySelectorAll("canvas")].map((canvas) =>
      canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean));
    const { scrollWidth, clientWidth } = document.documentElement;
    const drawn = inks.filter(Boolean).length;
    const ground = getComputedStyle(document.body).backgroundColor;
    return { drawn, blank: inks.length - drawn, isWide: scrollWidth > clientWidth, ground };
  })()`);
}

test("a report draws itself without a network, filters, and opens any device", async () => {
  const address = written("basement", "--devices", "60");
  const { page, complaints, requests } = await opened(address, "light");
  const looks = await looksOf(page);
  expect(looks).toEqual({ drawn: 7, blank: 0, isWide: false, ground: "rgb(255, 255, 255)" });
  expect(await page.locator("#expected tbody tr").count()).toBe(1);
  expect(await page.locator("#devices tbody tr").count()).toBe(50);
  const filter = page.getByRole("searchbox");
  await filter.fill("57");
  await filter.press("Enter");
  expect(await page.locator("#detail h2").textContent()).toContain("Device 57");
  // 138 uncoded fragments and as many coded ones.
  expect(await page.locator("#detail .map i").count()).toBe(276);
  expect(await page.locator("#detail li").count()).toBeGreaterThan(3);
  await page.locator("#failures button", { hasText: "shortOfRows" }).click();
  const states = await page.locator("#devices tbody td:nth-child(4)").allTextContents();
  expect(new Set(states)).toEqual(new Set(["failed"]));
  await page.locator("summary").first().click();
  expect(await page.locator("details[open] tbody tr").count()).toBeGreaterThan(20);
  expect(complaints).toEqual([]);
  expect(requests).toEqual([address]);
});

test("in the dark, without losses, and on a narrow screen", async () => {
  const { page, complaints } = await opened(written("clean", "--devices", "5"), "dark");
  expect(await looksOf(page)).toEqual({
    drawn: 4,
    blank: 0,
    isWide: false,
    ground: "rgb(20, 23, 27)",
  });
  expect(await page.getByText("Nothing to show.").count()).toBe(3);
  await page.setViewportSize({ width: 400, height: 800 });
  const isWide = "document.documentElement.scrollWidth > innerWidth";
  await expect.poll(() => page.evaluate(isWide)).toBe(false);
  expect(complaints).toEqual([]);
});

test("a fragment map holds what the device received, also where status requests stand between", async () => {
  const { page, complaints } = await opened(written("status-by-multicast"), "light");
  for (const id of ["3", "11"]) {
    const row = page
      .locator("#devices tbody tr")
      .filter({ has: page.getByText(id, { exact: true }) });
    const received = Number(await row.first().locator("td").nth(5).textContent());
    await row.first().getByRole("button").click();
    expect(received).toBeGreaterThan(100);
    expect(await page.locator("#detail .map .received").count()).toBe(received);
  }
  expect(complaints).toEqual([]);
});

test("several runs on one page", async () => {
  const { page, complaints } = await opened(written("clean", "--repeat", "3"), "light");
  expect(await page.locator("tbody tr").count()).toBe(3);
  expect(complaints).toEqual([]);
});
