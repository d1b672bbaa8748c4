import { expect, test } from "vitest";
import type { DeviceView } from "#tools/device/device-view.ts";
import { ViewScreen } from "#tools/device/view-screen.ts";
import { FakeTerminal } from "../run/fake-fleet.ts";

const view: DeviceView = {
  nowMs: 0,
  modem: undefined,
  status: undefined,
  isTrial: false,
  window: undefined,
  air: undefined,
  signals: [],
  linkCheck: undefined,
  down: undefined,
  up: undefined,
};
/** Three lines. */
const BLOCK = "modem    gone; looking for it\nimage    boots\nstate    not joined\n";
const UP_AND_CLEAR = "\u001B[3F\u001B[J";

function screen(terminal: FakeTerminal): ViewScreen {
  return new ViewScreen(terminal, () => view);
}

test("is drawn over itself, and goes for a line that stays", () => {
  const terminal = new FakeTerminal(true);
  const { draw, clear } = bound(screen(terminal));
  draw();
  draw();
  clear();
  clear();
  draw();
  expect(terminal.stderr).toBe(`${BLOCK}${UP_AND_CLEAR}${BLOCK}${UP_AND_CLEAR}${BLOCK}`);
  expect(terminal.stdout).toBe("");
});

test("without a terminal there is nothing", () => {
  const terminal = new FakeTerminal(false);
  const { draw, clear } = bound(screen(terminal));
  draw();
  clear();
  expect(terminal.stderr).toBe("");
});

test("colours are as wanted: none of them changes the words", () => {
  const terminal = new FakeTerminal(true);
  terminal.hasColor = true;
  screen(terminal).draw();
  expect(terminal.stderr).toContain("\u001B[2mmodem    \u001B[0m\u001B[31mgone;");
  const words = ["\u001B[0m", "\u001B[2m", "\u001B[31m", "\u001B[33m"].reduce(
    (text, colour) => text.replaceAll(colour, ""),
    terminal.stderr,
  );
  expect(words).toBe(BLOCK);
});

test("a window that became too low keeps its lines to itself", () => {
  const terminal = new FakeTerminal(true);
  const { draw } = bound(screen(terminal));
  draw();
  terminal.rows = 8;
  draw();
  draw();
  expect(terminal.stderr).toBe(`${BLOCK}${UP_AND_CLEAR}`);
});

const bound = (one: ViewScreen) => ({ draw: () => one.draw(), clear: () => one.clear() });
