import { expect } from "vitest";
import { update } from "../../../agent/pull/scripted-server.ts";
import { type Instead, type PullRig, pullContract } from "../../../contract/pull.contract.ts";
import { packageOf } from "../thingsboard/stand-in.ts";
import { drogueCoapRig, drogueHttpRig, drogueMqttRig } from "./rigs.ts";

/* Our device and our stand-in of Drogue, held to the same as with ThingsBoard. */

const CHUNKS = Math.ceil(update.length / 256);
const assign = ({ standIn }: PullRig, ota: ReturnType<typeof packageOf>) =>
  standIn.server.assignToProfile("default", "fw", ota);

/** What is not so with Drogue, and what is. */
const INSTEAD: Readonly<Record<string, Instead>> = {
  "the checksum of other bytes: three downloads, and the reason is told": {
    because: "three downloads, but Drogue has no word for a reason",
    holds: (rig) => {
      assign(rig, { ...packageOf({ data: update }), checksum: "ab".repeat(32) });
      rig.world.run(24 * 3600);
      expect(rig.world.status().version).toBe("1.0.0");
      const failures = rig.world.notesOf("refused").map(({ failure }) => failure);
      expect(failures).toEqual(Array(3).fill("checksum"));
      expect(rig.chunks.length).toBe(3 * CHUNKS);
      expect(rig.standIn.telemetry("fw_error")).toBeUndefined();
    },
  },
  "larger than the bank: no chunk, and the reason is told": {
    because: "Drogue does not tell a size; the image does, in its first chunk",
    holds: (rig) => {
      const larger = update.slice();
      // The size of the payload, in MCUboot's header.
      new DataView(larger.buffer).setUint32(12, 4096, true);
      assign(rig, packageOf({ data: larger }));
      rig.world.run(3600);
      expect(rig.chunks).toEqual([0]);
      expect(rig.world.status().version).toBe("1.0.0");
      expect(rig.world.notesOf("refused")).toHaveLength(1);
    },
  },
};

pullContract("Drogue by HTTP", drogueHttpRig, INSTEAD);
pullContract("Drogue by MQTT", drogueMqttRig, INSTEAD);
pullContract("Drogue by CoAP", drogueCoapRig, INSTEAD);
