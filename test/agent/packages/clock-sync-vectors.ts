import type { Vector } from "./vector.ts";

export const clockSyncVectors: readonly Vector[] = [
  {
    set: "clockSyncUplink",
    bytes: "01 00 04 00 00 1f",
    command: { name: "AppTimeReq", deviceTime: 1024, param: { tokenReq: 15, ansRequired: true } },
  },
  {
    set: "clockSyncDownlink",
    bytes: "01 00 04 00 00 0f",
    command: { name: "AppTimeAns", timeCorrection: 1024, param: { tokenAns: 15 } },
  },
  {
    set: "clockSyncDownlink",
    bytes: "01 ff ff ff ff 00",
    command: { name: "AppTimeAns", timeCorrection: -1, param: { tokenAns: 0 } },
  },
  {
    set: "clockSyncDownlink",
    bytes: "02 0f",
    command: { name: "DeviceAppTimePeriodicityReq", param: { period: 15 } },
  },
  {
    set: "clockSyncUplink",
    bytes: "02 01 00 04 00 00",
    command: { name: "DeviceAppTimePeriodicityAns", status: { notSupported: true }, time: 1024 },
  },
  {
    set: "clockSyncDownlink",
    bytes: "03 07",
    command: { name: "ForceDeviceResyncReq", param: { nbTransmissions: 7 } },
  },
];
