/** Devices with an IP link that pull their updates in chunks. */
import Type, { type Static } from "typebox";
import { is, name, pullTime, seconds } from "./pull-parts.ts";
import { linkSchema, packageSchema, pullServerSchema } from "./pull-server-schema.ts";
import { closed, probability } from "./schema-parts.ts";

const pullFaultSchema = Type.Object(
  {
    kind: Type.Union(
      [
        is("powerCut"),
        is("reset"),
        is("offline"),
        is("programFails"),
        is("eraseFails"),
        is("readFails"),
        is("bitRot"),
      ],
      {
        description:
          "Power lost, warm reset, no link; flash that fails its next operations of a kind, or loses bits.",
      },
    ),
    share: probability("Part of the devices that is hit, drawn per device."),
    when: pullTime,
    forS: Type.Optional(seconds("How long it lasts. Default 10.")),
    times: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: "Of flash: how many operations fail, or bits are lost. Default 1.",
      }),
    ),
  },
  closed,
);

export const pullSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 40, description: "Names them in reports." }),
    count: Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Number of devices." }),
    perCell: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: "Devices on one server; cells can be run as shards. Default: all.",
      }),
    ),
    dialect: Type.Optional(
      Type.Union([is("thingsboard"), is("documented"), is("drogue")], {
        description:
          "Which server it is; documented: ThingsBoard as a document has it, and no real one is. Default thingsboard.",
      }),
    ),
    cbor: Type.Optional(
      Type.Union([is("packed"), is("named")], {
        description: "Of Drogue: how the device spells its CBOR. Default packed.",
      }),
    ),
    transport: Type.Optional(
      Type.Union([is("http"), is("mqtt"), is("coap")], {
        description: "coap: asks now and then, and each chunk is a datagram. Default http.",
      }),
    ),
    longPolls: Type.Optional(
      Type.Boolean({
        description:
          "By HTTP: asks to be told of changes instead of asking now and then. Default false.",
      }),
    ),
    software: Type.Optional(
      Type.Boolean({ description: "The package is one of software (`sw_`). Default false." }),
    ),
    token: Type.Optional(
      Type.Union([is("right"), is("wrong")], {
        description: "wrong: the server does not know it; of Drogue, the password. Default right.",
      }),
    ),
    title: Type.Optional(name("Of the firmware that they run. Default fw.")),
    chunkBytes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_536,
        description:
          "Asked for at once; whole granules of the flash. Default 16384; by CoAP 1024, and no more; of Drogue by CoAP 960.",
      }),
    ),
    bankBytes: Type.Optional(
      Type.Integer({
        minimum: 16_384,
        maximum: 8_388_608,
        description: "Size of each firmware bank. Default: what the image needs.",
      }),
    ),
    granuleBytes: Type.Optional(
      Type.Union([is(1), is(2), is(4), is(8), is(16), is(32)], {
        description: "Programming unit of the flash. Default 8.",
      }),
    ),
    attempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 15,
        description: "Trial boots before the old image comes back. Default 3.",
      }),
    ),
    answerTimeoutS: Type.Optional(
      seconds("An answer that takes longer is taken for lost. Default 10.", 0.1),
    ),
    backOff: Type.Optional(
      Type.Object(
        {
          firstS: Type.Optional(seconds("After the first failure. Default 1.", 0.001)),
          maxS: Type.Optional(seconds("Doubled up to this. Default 300.", 0.001)),
        },
        { ...closed, description: "Delays before another try, half of each drawn." },
      ),
    ),
    pollS: Type.Optional(
      seconds("Between two questions which package is assigned. Default 300.", 1),
    ),
    startDelayMaxS: Type.Optional(
      seconds("The first words after a reset are delayed by up to this, by a draw. Default 600."),
    ),
    trialDeadlineS: Type.Optional(
      seconds("A new image that has not heard the server by then resets itself. Default 600.", 1),
    ),
    link: Type.Optional(linkSchema),
    package: Type.Optional(packageSchema),
    server: Type.Optional(pullServerSchema),
    faults: Type.Optional(
      Type.Array(pullFaultSchema, { maxItems: 100, description: "What befalls these devices." }),
    ),
    untilS: Type.Optional(
      seconds("Who is not done by then is not updated. Default 86400, a day.", 1),
    ),
  },
  closed,
);
export type PullSpec = Static<typeof pullSchema>;
