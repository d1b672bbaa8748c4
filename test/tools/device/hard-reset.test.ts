import { expect, test } from "vitest";
import { hardResetOf } from "#tools/device/hard-reset.ts";

test.each([
  ["true", []],
  ["exit 3", ["--reset-exec ended with 3"]],
  ["kill -9 $$", ["--reset-exec ended with SIGKILL"]],
  ["/does/not/exist 2>/dev/null", ["--reset-exec ended with 127"]],
])("%s: the modem is looked for all the same", async (command, said) => {
  const words: string[] = [];
  await hardResetOf(command, (text) => words.push(text))();
  expect(words).toEqual(said);
});
