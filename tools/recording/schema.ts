/**
 * What `fuota fleet` records, one JSON document a line: one declaration gives the JSON Schema and the
 * TypeScript types. The lines are in the order in which things happened in the recorded world.
 */
import Type, { type Static } from "typebox";
import {
  DELAY_MAX_US,
  GPS_MAX_US,
  ITEMS_MAX,
  PHY_BYTES_MAX,
  UINT32_MAX,
} from "#tools/fleet/sendable.ts";
import { reportedDevice, reportSchema } from "#tools/report/schema.ts";

const closed = { additionalProperties: false } as const;
const integer = (maximum: number, description: string) =>
  Type.Integer({ minimum: 0, maximum, description });
/** A year is beyond any run, and far below what a double counts exactly. */
const WORLD_US_MAX = 366 * 86_400 * 1e6;
const at = integer(WORLD_US_MAX, "When, in µs since the world began.");
const gateway = integer(999, "Which gateway, from 0.");
const frequencyHz = integer(UINT32_MAX, "Of the channel.");
const gpsUs = integer(GPS_MAX_US, "GPS time in µs.");
const phyPayload = Type.String({
  pattern: `^([0-9a-f]{2}){0,${PHY_BYTES_MAX}}$`,
  title: "a PHYPayload in hex",
  description: "MHDR to MIC.",
});
const rate = Type.Object(
  { sf: integer(255, "Spreading factor."), bandwidthHz: integer(UINT32_MAX, "Bandwidth.") },
  closed,
);
const counter = integer(UINT32_MAX, "The gateway's counter, wrapped at 32 bits.");

const timing = Type.Union([
  Type.Object({ type: Type.Literal("immediately") }, closed),
  Type.Object(
    {
      type: Type.Literal("delay"),
      counter,
      delayUs: integer(DELAY_MAX_US, "After the uplink that ended at this counter."),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal("counter"), counter }, closed),
  Type.Object({ type: Type.Literal("gps"), gpsUs }, closed),
]);

const name = Type.String({ maxLength: 40 });
const { scenario, seed, version, options, firmware, interrupted, wallSeconds } =
  reportSchema.properties;

const head = Type.Object(
  {
    type: Type.Literal("recording"),
    schemaVersion: Type.Literal(1),
    version,
    scenario,
    seed,
    options,
    firmware,
    world: Type.Object(
      {
        gpsAtStart: integer(2 ** 33, "GPS seconds when the world began."),
        gateways: Type.Integer({ minimum: 1, maximum: 1000 }),
        statsIntervalS: Type.Integer({ minimum: 1, maximum: 86_400 }),
        isLenient: Type.Boolean({ description: "Gateways send what comes after its GPS time." }),
        acknowledges: Type.Union([Type.Literal("booked"), Type.Literal("onAir")], {
          description: "Which downlinks the gateways acknowledge.",
        }),
        joinSpreadS: integer(1_000_000, "Devices were switched on over so long."),
      },
      closed,
    ),
  },
  { ...closed, description: "What decides the world, beside the server." },
);

const start = Type.Object(
  { type: Type.Literal("start"), at },
  { ...closed, description: "The gateways and devices are switched on." },
);

const command = Type.Object(
  {
    type: Type.Literal("command"),
    at,
    gateway,
    downlinkId: integer(UINT32_MAX, "The server's number for it."),
    items: Type.Array(
      Type.Object({ phyPayload, frequencyHz, rate: Type.Optional(rate), timing }, closed),
      { maxItems: ITEMS_MAX, description: "In order; the first that can be sent is." },
    ),
  },
  { ...closed, description: "From the server: ways to send a downlink." },
);

const uplink = Type.Object(
  {
    type: Type.Literal("uplink"),
    at,
    gateway,
    phyPayload,
    frequencyHz,
    rate,
    uplinkId: integer(UINT32_MAX, "The gateway's number for it."),
    counterUs: integer(WORLD_US_MAX, "The gateway's counter at its end, not wrapped."),
    gpsUs,
    rssiDbm: Type.Number(),
    snrDb: Type.Number(),
  },
  { ...closed, description: "To the server: what a gateway heard." },
);

const ack = Type.Object(
  {
    type: Type.Literal("ack"),
    at,
    gateway,
    downlinkId: integer(UINT32_MAX, "As in its command."),
    statuses: Type.Array(name, { maxItems: ITEMS_MAX, description: "Of each way." }),
    sentAt: Type.Optional(
      Type.Object(
        { counterUs: integer(WORLD_US_MAX, "When it begins, by the gateway's counter."), gpsUs },
        { ...closed, description: "Missing: nothing goes out." },
      ),
    ),
  },
  { ...closed, description: "To the server: what became of a downlink." },
);

const stats = Type.Object(
  {
    type: Type.Literal("stats"),
    at,
    gateway,
    gpsUs,
    received: integer(UINT32_MAX, "Uplinks."),
    asked: integer(UINT32_MAX, "Downlinks that the server wanted sent."),
    emitted: integer(UINT32_MAX, "Downlinks on the air."),
    location: Type.Optional(
      Type.Object(
        {
          latitude: Type.Number({ minimum: -90, maximum: 90 }),
          longitude: Type.Number({ minimum: -180, maximum: 180 }),
          altitudeM: Type.Number(),
        },
        { ...closed, description: "Missing: the gateway does not say." },
      ),
    ),
  },
  { ...closed, description: "To the server: the gateway's counts since its start." },
);

const end = Type.Object(
  { type: Type.Literal("end"), at, interrupted, wallSeconds },
  { ...closed, description: "The run was over; a line for each device follows." },
);

const fCnts = (description: string) =>
  Type.Array(integer(65_535, "A frame counter."), { maxItems: 1_000_000, description });

const device = Type.Object(
  {
    type: Type.Literal("device"),
    ...reportedDevice.properties,
    timeline: Type.Array(
      Type.Object(
        { atS: Type.Number({ minimum: 0 }), text: Type.String({ maxLength: 1000 }) },
        closed,
      ),
      { maxItems: 100_000 },
    ),
    air: Type.Object(
      {
        lost: fCnts("Multicast frames lost on the way."),
        missed: fCnts("Multicast frames on the air that it did not listen to."),
      },
      closed,
    ),
  },
  { ...closed, description: "What came of a device." },
);

const crashed = Type.Object(
  { type: Type.Literal("crashed"), at, error: Type.String({ maxLength: 1000 }) },
  { ...closed, description: "A bug ended the run." },
);

export const recordingSchema = Type.Union(
  [head, start, command, uplink, ack, stats, end, device, crashed],
  { $id: "urn:fuota:recording:1", title: "a line of a fuota recording" },
);

export type RecordingLine = Static<typeof recordingSchema>;
export type RecordingHead = Static<typeof head>;
export type CommandLine = Static<typeof command>;
export type DeviceLine = Static<typeof device>;
export type EndLine = Static<typeof end>;
/** What a gateway told the server. */
export type EventLine = Static<typeof uplink> | Static<typeof ack> | Static<typeof stats>;
