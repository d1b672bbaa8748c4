import fc from "fast-check";
import { describe, test } from "vitest";
import { deviationsOf } from "#sim/personas/persona.ts";
import { personas } from "#sim/personas/personas.ts";
import { FragServer, multicast, setUpGroup } from "../../agent/frag-server.ts";
import { unicast } from "../../agent/test-device.ts";
import { personaDevice } from "./persona-device.ts";

const counting = Uint8Array.from({ length: 90 }, (_, at) => at);
const head = fc.constantFrom(0, 1, 2, 3, 4, 5, 8);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .tuple(head, fc.uint8Array({ maxLength: 40 }))
    .map(([cid, rest]) => Uint8Array.of(cid, ...rest)),
  fc
    .record({ n: fc.integer({ min: 0, max: 40 }), index: fc.integer({ min: 0, max: 3 }) })
    .map(({ n, index }) => Uint8Array.of(8, n, index << 6, ...counting.subarray(0, 10))),
);
const frames = fc.array(
  fc.record({
    fPort: fc.constantFrom(200, 201, 201, 202, 203, 1),
    payload,
    isMulticast: fc.boolean(),
  }),
  { maxLength: 30 },
);

describe.each(
  personas.flatMap((persona) => persona.versions.map((version) => ({ persona, version }))),
)("$persona.name, version $version", ({ persona, version }) => {
  const does = deviationsOf(persona, version);
  const packages = version === 1 ? "v1" : "v2";

  test("hostile frames never throw, and no uplink is longer than the modem allows", () => {
    fc.assert(
      fc.property(frames, (list) => {
        const device = personaDevice({ persona: persona.name, packages }, does);
        setUpGroup(device);
        device.downlink(201, new FragServer({ version, data: counting, fragSize: 10 }).setup());
        for (const [fCnt, frame] of list.entries()) {
          if (device.device === undefined) device.powerOn();
          const source = frame.isMulticast ? multicast(0, fCnt) : unicast;
          device.downlink(frame.fPort, frame.payload, source);
          device.wait(1);
        }
        device.wait(60);
        return device.uplinks.every((uplink) => uplink.payload.length <= 222);
      }),
      { numRuns: 60, seed: 11 },
    );
  });
});
