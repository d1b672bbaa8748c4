import type { Vector } from "./vector.ts";

export const firmwareVectors: readonly Vector[] = [
  { set: "fwDownlink", bytes: "01", command: { name: "DevVersionReq" } },
  {
    set: "fwUplink",
    bytes: "01 44 33 22 11 78 56 34 12",
    command: { name: "DevVersionAns", fwVersion: 0x11223344, hwVersion: 0x12345678 },
  },
  {
    set: "fwDownlink",
    bytes: "02 92 7b 80 56",
    command: { name: "DevRebootTimeReq", rebootTime: 1_451_260_818 },
  },
  {
    set: "fwUplink",
    bytes: "02 2c 01 00 00",
    command: { name: "DevRebootTimeAns", rebootTime: 300 },
  },
  {
    set: "fwDownlink",
    bytes: "03 2c 01 00",
    command: { name: "DevRebootCountdownReq", countdown: 300 },
  },
  {
    set: "fwUplink",
    bytes: "03 ff ff ff",
    command: { name: "DevRebootCountdownAns", countdown: 0xffffff },
  },
  { set: "fwDownlink", bytes: "04", command: { name: "DevUpgradeImageReq" } },
  {
    set: "fwUplink",
    bytes: "04 01",
    command: { name: "DevUpgradeImageAns", status: { upImageStatus: 1 } },
  },
  {
    set: "fwUplink",
    bytes: "04 03 44 33 22 11",
    command: {
      name: "DevUpgradeImageAns",
      status: { upImageStatus: 3 },
      nextFirmwareVersion: 0x11223344,
    },
  },
  {
    set: "fwDownlink",
    bytes: "05 44 33 22 11",
    command: { name: "DevDeleteImageReq", firmwareToDeleteVersion: 0x11223344 },
  },
  {
    set: "fwUplink",
    bytes: "05 02",
    command: {
      name: "DevDeleteImageAns",
      status: { errorNoValidImage: false, errorInvalidVersion: true },
    },
  },
];
