import type { JoinRequestFrame } from "#sim/mac/frame.ts";
import { isJoinRequestMicValid, sealJoinAccept } from "#sim/mac/join.ts";
import { deriveSessionKeys } from "#sim/mac/session-keys.ts";
import type { NetworkServer } from "./network-server.ts";
import { newSession, RX1_DR_OFFSET, type ServerDevice } from "./server-device.ts";

const RX_DELAY_S = 1;

/**
 * Opens a session for a join request and returns the accept; undefined when the request is not
 * authentic, for another JoinEUI, or its DevNonce was used before.
 */
export function acceptJoin(
  device: ServerDevice,
  request: JoinRequestFrame,
  phyPayload: Uint8Array,
  server: NetworkServer,
): Uint8Array | undefined {
  const { provisioned } = device;
  const { joinEui, devEui, devNonce } = request;
  const { crypto } = server.io;
  const rootKey = provisioned.nwkKey;
  if (!joinEui.every((byte, index) => byte === provisioned.joinEui[index])) return undefined;
  if (!isJoinRequestMicValid(phyPayload, rootKey, crypto)) return undefined;
  if (device.usedDevNonces.has(devNonce)) return undefined;
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
