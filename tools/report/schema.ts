/** What `fuota run --json` writes: one declaration gives the JSON Schema and the TypeScript type. */
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false } as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });
const sha256 = (description: string) =>
  Type.String({ pattern: "^[0-9a-f]{64}$", title: "a SHA-256 in hex", description });
const text = (maxLength: number, description: string) => Type.String({ maxLength, description });

export const reportedDevice = Type.Object(
  {
    id: count("Number in the whole fleet, from 0."),
    devEui: Type.String({
      pattern: "^([0-9a-f]{16})?$",
      title: "a DevEUI of 16 hex digits",
      description: "Empty for a device that pulls.",
    }),
    kind: text(40, "Name of the kind in `devices.mix`, or of the group in `pull`."),
    persona: Type.Optional(text(40, "The stack that it behaves like.")),
    cell: count("Number of the cell, from 0."),
    state: Type.Union([
      Type.Literal("updated"),
      Type.Literal("failed"),
      Type.Literal("rolledBack"),
      Type.Literal("bricked"),
      Type.Literal("neverReached"),
    ]),
    bootedVersion: text(40, "Version of the image it runs at the end; empty when bricked."),
    bootedSha256: Type.String({
      pattern: "^([0-9a-f]{64})?$",
      title: "a SHA-256 in hex",
      description: "Hash in that image's own manifest.",
    }),
    fragments: Type.Object(
      {
        received: count("Taken by the decoder."),
        lost: count("Of its last session, on the air while the device listened, but lost to it."),
        coded: count("Coded ones among the received."),
        beyondM: count("Taken beyond the number of uncoded fragments until the block was whole."),
      },
      closed,
    ),
    energyJ: Type.Number({ minimum: 0, description: "Drawn by the device, by its `currents`." }),
    energyToCompleteJ: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: "The same until its block was complete; null: it never was.",
    }),
    reason: Type.Union([text(40, "Why it did not make it."), Type.Null()]),
    missingRows: count("Independent rows that the decoder still lacks."),
    serverComplete: Type.Boolean({ description: "The server believes it complete." }),
    serverError: text(200, "The server's last complaint about it."),
    reboots: count("Boots after the first."),
    powerCuts: count("Times it lost its supply."),
    pull: Type.Optional(
      Type.Object(
        {
          chunks: count("Given to it by its server, repeats and lost ones included."),
          messages: count("On its link, both ways."),
          lost: count("Among these."),
        },
        { ...closed, description: "Of a device that pulls; its fragments and energy are 0." },
      ),
    ),
  },
  closed,
);

const reportedCell = Type.Object(
  {
    index: count("From 0."),
    devices: count("Devices in it."),
    events: count("Events of its virtual world."),
    virtualSeconds: Type.Number({ minimum: 0 }),
    traceHash: text(64, "Digest over everything that happened in it."),
    airtime: Type.Object(
      {
        allS: Type.Number({ minimum: 0, description: "All downlinks." }),
        multicastS: Type.Number({ minimum: 0, description: "Fragments among them." }),
      },
      { ...closed, description: "Seconds that its gateway was sending." },
    ),
  },
  { ...closed, description: "The devices behind one gateway: a world of its own." },
);

export const reportSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    scenario: Type.Object(
      {
        name: text(64, "From the file."),
        sha256: sha256("Of the text."),
        text: text(1_048_576, "The scenario file, to the letter."),
      },
      closed,
    ),
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
    version: text(40, "Of fuota."),
    options: Type.Object(
      {
        devices: Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Null()], {
          description: "`--devices`, which replaces `devices.count`.",
        }),
        firmware: Type.Union(
          [Type.Literal("generated"), Type.Literal("payload"), Type.Literal("image")],
          { description: "Made from the seed; or a file, signed here; or a signed image file." },
        ),
      },
      { ...closed, description: "What the command line changed." },
    ),
    shard: Type.Union(
      [
        Type.Object(
          {
            index: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
            count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
          },
          closed,
        ),
        Type.Null(),
      ],
      { description: "Null for a whole run. The expectations of a shard are decided by a merge." },
    ),
    interrupted: Type.Boolean({ description: "Stopped by hand: not all devices are in it." }),
    virtualSeconds: Type.Number({ minimum: 0, description: "Length of the longest cell." }),
    wallSeconds: Type.Number({ minimum: 0, description: "The only figure that may differ." }),
    firmware: Type.Object(
      {
        sha256: sha256("Of the image file that was sent."),
        sizeBytes: count("Of that file."),
        version: text(40, "In its header."),
        patchBytes: Type.Optional(
          count("Size of the patch, when that was sent instead of the image that it makes."),
        ),
      },
      closed,
    ),
    totals: Type.Object(
      {
        devices: count("Sum of the five states."),
        updated: count("Run the new image, and confirmed it."),
        failed: count("Still run the old image."),
        rolledBack: count("Tried the new image and went back."),
        bricked: count("Have nothing left to boot."),
        neverReached: count("Never accepted a session."),
      },
      closed,
    ),
    expectations: Type.Array(
      Type.Object(
        {
          name: text(40, "Key in `expect`."),
          ok: Type.Boolean(),
          expected: Type.Union([text(40, "As in the scenario."), Type.Number()]),
          actual: Type.Number(),
        },
        closed,
      ),
      { maxItems: 100 },
    ),
    cells: Type.Array(reportedCell, { maxItems: 1_000_000 }),
    devices: Type.Array(reportedDevice, { maxItems: 1_000_000 }),
  },
  { ...closed, $id: "urn:fuota:report:1", title: "a fuota report" },
);

export type Report = Static<typeof reportSchema>;
export type ReportedDevice = Static<typeof reportedDevice>;
export type ReportedCell = Static<typeof reportedCell>;
export type Expectation = Report["expectations"][number];
