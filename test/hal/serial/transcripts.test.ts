import { describe, expect, test } from "vitest";
import type { DialectName } from "#hal/serial/dialect.ts";
import { DIALECTS } from "#hal/serial/dialects/by-name.ts";
import { LineReader } from "#hal/serial/line-reader.ts";
import { type Transcript, transcripts } from "../../transcripts.ts";
import { eventText } from "./event-text.ts";

/** The driver understands what real modems said, as others have written it down. */

/** What the driver makes of it: the replies to the commands, and the events, in order. */
function understood({ dialect, steps }: Transcript): readonly string[] {
  const reader = new LineReader(DIALECTS[dialect as DialectName]);
  let command: string | undefined;
  let data: string[] = [];
  return steps.flatMap(({ by, text }) => {
    if (by === ">") {
      command = text;
      data = [];
    }
    if (by !== "<") return [];
    const line = reader.read(text, command);
    switch (line.type) {
      case "event":
        return [eventText(line.event)];
      case "data":
        data.push(line.text);
        return [];
      case "end": {
        command = undefined;
        const isWord = /^(OK|ok)$/.test(line.text);
        const all = line.isOk && !isWord && !/: (Start|Done)$/.test(line.text);
        const said = all ? [...data, line.text] : data;
        return [line.isOk ? ["ok", ...said.filter(isAnswer)].join(" ") : `refused ${line.text}`];
      }
      case "noise":
        return [`noise ${text}`];
      default:
        return [];
    }
  });
}

/** Of an E5, lines on the way are data; the reply is the last one. */
function isAnswer(line: string): boolean {
  return !/^\+(JOIN|C?MSGHEX): /.test(line);
}

describe.each(transcripts)("$name", (transcript) => {
  test("is understood", () => {
    const expected = transcript.steps.filter(({ by }) => by === "=").map(({ text }) => text);
    expect(understood(transcript)).toEqual(expected);
  });

  test("has an address", () => {
    expect(transcript.source).toMatch(/^https:\/\/[\w.-]+\/\S+/);
  });
});

test("every dialect has its transcripts", () => {
  expect(transcripts.length).toBeGreaterThanOrEqual(50);
  const dialects = new Set(transcripts.map(({ dialect }) => dialect));
  expect([...dialects].sort()).toEqual(["classic", "e5", "rak3172v1", "rn2483", "rui3"]);
});
