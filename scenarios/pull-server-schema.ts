/** The server of pulling devices, and what lies between. */
import Type from "typebox";
import { chunk, is, name, pullTime, seconds } from "./pull-parts.ts";
import { closed, probability } from "./schema-parts.ts";

export const linkSchema = Type.Object(
  {
    latencyMs: Type.Optional(
      Type.Object(
        {
          min: Type.Integer({ minimum: 0, maximum: 600_000 }),
          max: Type.Integer({ minimum: 0, maximum: 600_000 }),
        },
        {
          ...closed,
          description: "Of a message, one way, drawn between these. Default 20 to 80.",
        },
      ),
    ),
    loss: Type.Optional(
      probability(
        "Chance that a message is lost: by HTTP a request or a response; an MQTT connection is dead from there on; by CoAP a datagram. Default 0.",
      ),
    ),
    duplicates: Type.Optional(
      probability(
        "Chance that a message arrives twice. Of HTTP: a request; of CoAP: any datagram. Default 0.",
      ),
    ),
    truncation: Type.Optional(
      probability(
        "Chance that the connection ends in the middle of what the server sends; by CoAP, that a datagram is cut and so lost. Default 0.",
      ),
    ),
    bytesPerS: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: "Of what the server sends. Default: no limit.",
      }),
    ),
  },
  { ...closed, description: "Between each device and the server." },
);

const atUrlSchema = Type.Object(
  {
    redirects: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: 10 }), is("circle")], {
        title: "a number from 0 to 10, or circle",
        description:
          "Redirects that lead to it; circle: nowhere else but to each other. Default 0.",
      }),
    ),
    ranges: Type.Optional(
      Type.Boolean({ description: "false: every request gets the whole file. Default true." }),
    ),
    says: Type.Optional(
      Type.Union([is("all"), is("nothing")], {
        description: "Whether its size and checksum are told. Default all.",
      }),
    ),
  },
  {
    ...closed,
    description:
      "Of ThingsBoard: its bytes lie on a web server of their own, which has the same link and faults.",
  },
);

export const packageSchema = Type.Object(
  {
    title: Type.Optional(name("Of the package. Default: that of the devices.")),
    version: Type.Optional(name("Of the package. Default: that of the image.")),
    tag: Type.Optional(name("Default: none.")),
    checksum: Type.Optional(
      Type.Union(
        [
          is("MD5"),
          is("SHA256"),
          is("SHA384"),
          is("SHA512"),
          is("CRC32"),
          is("MURMUR3_32"),
          is("MURMUR3_128"),
          is("none"),
        ],
        { description: "Algorithm of its checksum; none: of Drogue only. Default SHA256." },
      ),
    ),
    atUrl: Type.Optional(atUrlSchema),
  },
  { ...closed, description: "How the server calls the firmware." },
);

const chunkFaultSchema = Type.Object(
  {
    kind: Type.Union(
      [
        is("empty"),
        is("short"),
        is("long"),
        is("flipped"),
        is("redirect"),
        is("error"),
        is("close"),
        is("silence"),
      ],
      {
        description:
          "A chunk without a byte, a byte short or long, with one bit wrong; a redirect to itself, an error, a closed connection, no answer.",
      },
    ),
    chunk: Type.Optional(chunk("Only this one, counted from 0. Default: all.")),
    times: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: "So often for each device. Default: always.",
      }),
    ),
  },
  closed,
);

export const pullServerSchema = Type.Object(
  {
    assignAtS: Type.Optional(seconds("When the firmware is assigned to the devices. Default 0.")),
    earlier: Type.Optional(
      Type.Object(
        { version: name("Of that package and its image."), until: pullTime },
        {
          ...closed,
          description:
            "Another package of the same size is assigned first; the firmware takes its place.",
        },
      ),
    ),
    tellEveryMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1e9,
        description: "One device after the other is told of its package. Default 600.",
      }),
    ),
    rateLimit: Type.Optional(
      Type.Object(
        {
          requests: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
          perS: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
        },
        { ...closed, description: "Of each device. Default: none." },
      ),
    ),
    restarts: Type.Optional(
      Type.Array(
        Type.Object(
          {
            atS: seconds("Seconds from the start."),
            forS: seconds("Until it is back: nobody is answered."),
          },
          closed,
        ),
        { maxItems: 100, description: "The server restarts. Default: never." },
      ),
    ),
    without: Type.Optional(
      Type.Array(
        Type.String({ pattern: "^[A-Za-z0-9]{1,40}$", title: "a name from docs/pull.md" }),
        {
          maxItems: 100,
          description: "Surprises of the real server that are turned off: docs/pull.md lists them.",
        },
      ),
    ),
    calls: Type.Optional(
      Type.Boolean({
        description:
          "Of Drogue, by MQTT: a command that nobody asked for tells devices of new firmware. Default false.",
      }),
    ),
    chunkFaults: Type.Optional(
      Type.Array(chunkFaultSchema, { maxItems: 100, description: "What becomes of chunks." }),
    ),
  },
  { ...closed, description: "The server of these devices, one for each cell." },
);
