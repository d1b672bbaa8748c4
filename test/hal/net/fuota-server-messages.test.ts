/** The bytes are what the FUOTA Server's own Go stubs (9157894d) make of the same messages. */
import { expect, test } from "vitest";
import { FUOTA_SERVER } from "#hal/net/fuota-server-messages.ts";

const { createDeployment, getDeploymentStatus, getDeploymentDeviceLogs } = FUOTA_SERVER;

const from = (text: string) => Buffer.from(text, "hex");
const at = (seconds: number) => ({ seconds, nanos: 250_000_000 });
const NEVER = {
  mcGroupSetupCompletedAt: undefined,
  mcSessionCompletedAt: undefined,
  fragSessionSetupCompletedAt: undefined,
  fragStatusCompletedAt: undefined,
};

test("a deployment", () => {
  const deployment = {
    applicationId: "app",
    devices: [
      { devEui: "02f00a0000000000", mcRootKey: "00112233445566778899aabbccddeeff" },
      { devEui: "02f00a0000000001", mcRootKey: "ff112233445566778899aabbccddeeff" },
    ],
    multicastGroupType: 1,
    multicastDr: 5,
    multicastFrequency: 869_525_000,
    multicastTimeout: 9,
    unicastTimeout: { seconds: 30, nanos: 0 },
    unicastAttemptCount: 9,
    fragmentationFragmentSize: 80,
    payload: Uint8Array.from(from("deadbeef")),
    fragmentationRedundancy: 30,
    fragmentationBlockAckDelay: 3,
    fragmentationDescriptor: Uint8Array.from(from("01020304")),
    requestFragmentationSessionStatus: 1,
    multicastRegion: 13,
  };
  const bytes = from(
    "0a9d010a0361707012340a1030326630306130303030303030303030122030303131323233333434353536363737383839396161626263636464656566661234" +
      "0a1030326630306130303030303030303031122066663131323233333434353536363737383839396161626263636464656566661801200530" +
      "88cccf9e0340094a02081e500958506204deadbeef681e8001038a01040102030490010198010d",
  );
  expect(createDeployment.requestSerialize({ deployment })).toEqual(bytes);
  expect(createDeployment.requestDeserialize(bytes)).toEqual({ deployment });
  expect(createDeployment.responseDeserialize(from("0a0437623166"))).toEqual({ id: "7b1f" });
});

test("the state of a deployment", () => {
  const bytes = from(
    "0a0b0880e2cfaa061080e59a77120b0881e2cfaa061080e59a771a0b0882e2cfaa061080e59a77220b0883e2cfaa061080e59a772a0b0884e2cfaa061080e59a77" +
      "320b0885e2cfaa061080e59a7742480a1030326630306130303030303030303030120708011080e59a771a0708021080e59a77220708031080e59a77" +
      "2a0708041080e59a77320708051080e59a773a0708061080e59a77422d0a1030326630306130303030303030303031120708011080e59a77" +
      "1a0708021080e59a77220708031080e59a77",
  );
  expect(getDeploymentStatus.responseDeserialize(bytes)).toEqual({
    mcGroupSetupCompletedAt: at(1_700_000_002),
    mcSessionCompletedAt: at(1_700_000_003),
    fragSessionSetupCompletedAt: at(1_700_000_004),
    enqueueCompletedAt: at(1_700_000_005),
    fragStatusCompletedAt: undefined,
    deviceStatus: [
      {
        devEui: "02f00a0000000000",
        mcGroupSetupCompletedAt: at(3),
        mcSessionCompletedAt: at(4),
        fragSessionSetupCompletedAt: at(5),
        fragStatusCompletedAt: at(6),
      },
      { ...NEVER, devEui: "02f00a0000000001", mcGroupSetupCompletedAt: at(3) },
    ],
  });
});

test("the log of a device, and how it is asked for", () => {
  const bytes = from(
    "0a380a0708011080e59a7710c9011a144672616753657373696f6e53746174757352657122140a0c7061727469636970616e7473120474727565" +
      "0a460a0708021080e59a7710c9011a144672616753657373696f6e537461747573416e73220f0a0a667261675f696e64657812013022110a0c6d697373696e675f66726167120133",
  );
  expect(getDeploymentDeviceLogs.responseDeserialize(bytes)).toEqual({
    logs: [
      {
        fPort: 201,
        command: "FragSessionStatusReq",
        fields: [{ name: "participants", value: "true" }],
      },
      {
        fPort: 201,
        command: "FragSessionStatusAns",
        fields: [
          { name: "frag_index", value: "0" },
          { name: "missing_frag", value: "3" },
        ],
      },
    ],
  });
  const request = { deploymentId: "7b1f", devEui: "02f00a0000000001" };
  expect(getDeploymentDeviceLogs.requestSerialize(request)).toEqual(
    from("0a0437623166121030326630306130303030303030303031"),
  );
});

test("what is no message is an error of the call", () => {
  expect(() => getDeploymentStatus.responseDeserialize(from("0a05"))).toThrow(RangeError);
});
