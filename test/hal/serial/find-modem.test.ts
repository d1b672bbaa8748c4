import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Found, findModem, Listener } from "#hal/serial/find-modem.ts";
import { type Script, ScriptedModem, tableScript } from "./scripted-modem.ts";

/** A line on which something goes wrong once: the modem is found all the same. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const VERSION = "AT+VER=RUI_4.2.1_RAK3172-E";
const rui3 = tableScript({ AT: ["OK"], "AT+VER=?": [VERSION, "OK"] }, ["AT_COMMAND_NOT_FOUND"]);

/** Answers otherwise for the first so many times. */
function first(count: number, line: string, answer: readonly string[], then: Script): Script {
  let asked = 0;
  return (heard) => (heard === line && asked++ < count ? answer : then(heard));
}

async function found(script: Script, baudRate?: number): Promise<Found> {
  const listener = new Listener();
  const events = { onData: (bytes: Uint8Array) => listener.receive(bytes), onClosed: () => {} };
  const modem = new ScriptedModem(script, events, baudRate === undefined ? {} : { baudRate });
  const finding = findModem(modem.transport, listener);
  await vi.advanceTimersByTimeAsync(30_000);
  return finding;
}

describe("who it is", () => {
  test.each<[string, readonly string[]]>([
    ["is not said", []],
    ["lacks its first byte", ["T+VER=RUI_4.2.1_RAK3172-E", "OK"]],
    ["lacks a byte, and looks like a bootloader", ["AT+VER=UI_4.2.1_RAK3172-E", "OK"]],
    ["is garbled", ["AT+VER=RUI\u0000\u00f0", "AT_ERROR"]],
  ])("%s: it is asked again", async (_, answer) => {
    const { type } = await found(first(1, "AT+VER=?", answer, rui3));
    expect(type).toBe("modem");
  });

  test("is what it says, when it says so twice", async () => {
    const bootloader = first(2, "AT+VER=?", ["AT+VER=1.0", "OK"], rui3);
    expect(await found(bootloader)).toMatchObject({
      type: "foreign",
      modem: { title: "a RAKwireless bootloader" },
    });
  });
});

describe("a modem that starts, or is far away", () => {
  test.each<[string, number, number | undefined, Found["type"]]>([
    ["without a baud rate, four seconds", 6, undefined, "modem"],
    ["for ever", 99, undefined, "silent"],
    ["with a baud rate to find, one question", 1, 115_200, "modem"],
    ["nobody", 99, 115_200, "silent"],
  ])("%s", async (_, unanswered, baudRate, type) => {
    expect((await found(first(unanswered, "AT", [], rui3), baudRate)).type).toBe(type);
  });
});
