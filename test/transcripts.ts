import { readdirSync, readFileSync } from "node:fs";

/**
 * What real modems said, as manuals, forums and other people's drivers show it. `>` is the host,
 * `<` the modem, `=` what the driver makes of it, `!` what the network does meanwhile, and `given`
 * the state the modem was in.
 */
export interface Transcript {
  readonly name: string;
  /** Where it is published. */
  readonly source: string;
  readonly dialect: string;
  /** Of the virtual modem that has to say the same; "none": it does not do this. */
  readonly profile: string;
  readonly given: readonly string[];
  readonly steps: readonly TranscriptStep[];
}

export interface TranscriptStep {
  readonly by: ">" | "<" | "=" | "!";
  readonly text: string;
}

const folder = new URL("transcripts/", import.meta.url);

export const transcripts: readonly Transcript[] = readdirSync(folder)
  .sort()
  .map((file) => parse(file.replace(".txt", ""), readFileSync(new URL(file, folder), "utf8")));

function parse(name: string, text: string): Transcript {
  const lines = text.trimEnd().split("\n");
  const headers = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}: `)).map((line) => line.slice(key.length + 2));
  const [dialect = "", profile = ""] = (headers("modem")[0] ?? "").split(" ");
  const steps = lines.flatMap((line) => {
    const [, by, said = ""] = /^([><=!]) (.*)$/.exec(line) ?? [];
    return by === ">" || by === "<" || by === "=" || by === "!"
      ? [{ by, text: said } as const]
      : [];
  });
  return {
    name,
    source: headers("source")[0] ?? "",
    dialect,
    profile,
    given: headers("given"),
    steps,
  };
}
