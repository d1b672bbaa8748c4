import type { Crypto } from "#hal/ports.ts";
import type { JoinRequestFrame } from "#sim/mac/frame.ts";
import { isJoinRequestMicValid, sealJoinAccept } from "#sim/mac/join.ts";
import { deriveSessionKeys } from "#sim/mac/session-keys.ts";
import type { NetworkServer } from "./network-server.ts";
import { newSession, RX1_DR_OFFSET, type ServerDevice } from "./server-device.ts";

const RX_DELAY_S = 1;

/** Not authentic, for another JoinEUI, or with a DevNonce that was used before. */
export type JoinRefusal = "joinEui" | "mic" | "devNonce";

/** Undefined: it is to be accepted. */
export function refusalOf(
  { provisioned, usedDevNonces }: ServerDevice,
  { joinEui, devNonce }: JoinRequestFrame,
  phyPayload: Uint8Array,
  crypto: Crypto,
): JoinRefusal | undefined {
  if (!joinEui.every((byte, index) => byte === provisioned.joinEui[index])) return "joinEui";
  if (!isJoinRequestMicValid(phyPayload, provisioned.nwkKey, crypto)) return "mic";
  return usedDevNonces.has(devNonce) ? "devNonce" : undefined;
}

/** Opens a session for a join request that is not refused, and returns the accept. */
export function acceptJoin(
  device: ServerDevice,
  request: JoinRequestFrame,
  server: NetworkServer,
): Uint8Array {
  const { provisioned } = device;
  const { joinEui, devEui, devNonce } = request;
  const { crypto } = server.io;
  const rootKey = provisioned.nwkKey;
  device.usedDevNonces.add(devNonce);
  device.joinNonce += 1;

  const optNeg = provisioned.lorawan === "1.1";
  const { netId, regional } = server.config;
  const devAddr = server.newDevAddr();
  const { joinNonce } = device;
  const transcript = { joinEui, devNonce, joinNonce, netId, optNeg };
  const keys = deriveSessionKeys(provisioned, transcript, crypto);
  server.openSession(device, newSession({ devAddr, keys }, provisioned));
  return sealJoinAccept(
    {
      joinNonce,
      netId,
      devAddr,
      optNeg,
      rx1DrOffset: RX1_DR_OFFSET,
      rx2Dr: regional.region.rx2.dr,
      rxDelayS: RX_DELAY_S,
      cfList: undefined,
    },
    { rootKey, joinEui, devEui, devNonce },
    crypto,
  );
}
