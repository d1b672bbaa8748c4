import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CommandEngine } from "#hal/serial/command-engine.ts";
import { rui3 } from "#hal/serial/dialects/rui3.ts";
import { type Examination, examine, identify } from "#hal/serial/examine.ts";
import { type Script, ScriptedModem } from "./scripted-modem.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const UID = "AT+UID=323237314D4F444D";
const EUI = "AT+DEVEUI=AC1F09FFFE04891A";
const answers: Readonly<Record<string, readonly string[]>> = {
  AT: ["OK"],
  "AT+UID=?": [UID, "OK"],
  "AT+DEVEUI=?": [EUI, "OK"],
};

/** `odd`: answers of the first times, by command. */
function engineOn(odd: Readonly<Record<string, (readonly string[])[]>>): CommandEngine {
  const script: Script = (line) => odd[line]?.shift() ?? answers[line] ?? ["AT_COMMAND_NOT_FOUND"];
  const modem = new ScriptedModem(script, {
    onData: (bytes) => setTimeout(() => engine.receive(bytes)),
    onClosed: () => {},
  });
  const engine: CommandEngine = new CommandEngine(modem.transport, rui3, () => {});
  return engine;
}

async function settled<T>(promise: Promise<T>): Promise<T | Error> {
  const outcome = promise.catch((error: unknown) => (error instanceof Error ? error : Error()));
  await vi.advanceTimersByTimeAsync(60_000);
  return outcome;
}

describe("what tells a modem from others", () => {
  const right = { uid: "323237314D4F444D", devEui: "AC1F09FFFE04891A" };
  test.each<[string, Record<string, (readonly string[])[]>]>([
    ["comes as it is", {}],
    ["lacks a byte once", { "AT+UID=?": [["AT+UID=32237314D4F444D", "OK"]] }],
    [
      "lacks a byte the second time",
      {
        "AT+DEVEUI=?": [
          [EUI, "OK"],
          ["AT+DEVEUI=AC1F", "OK"],
        ],
      },
    ],
    ["does not come once", { "AT+UID=?": [[]] }],
    ["comes without its line", { "AT+UID=?": [["OK"]] }],
  ])("%s: it is read until it is the same twice", async (_, odd) => {
    expect(await settled(identify(engineOn(odd), "rui3"))).toEqual(right);
  });
});

test("a modem that stops to answer is no modem with little to say", async () => {
  const mute = Array.from({ length: 19 }, () => []);
  const ended = await settled(examine(engineOn({ "AT+BAND=?": mute, AT: mute }), "rui3"));
  expect(ended).toMatchObject({ problem: "silent", message: "the modem answers no more" });
});

test("a question that it never answers is left out", async () => {
  const examination = await settled(examine(engineOn({ "AT+BAND=?": [[], []] }), "rui3"));
  expect((examination as Examination).identity).toMatchObject({ uid: "323237314D4F444D" });
  expect((examination as Examination).settings).toEqual({});
});
