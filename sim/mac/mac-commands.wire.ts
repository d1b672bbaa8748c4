/** MAC commands (TS001 1.0.4 §5 and, of class B, §12; 1.1 §5). Wire format only; `mac-commands.ts` acts on them. */
import { type Command, CommandSet } from "#agent/wire/commands.ts";
import { bits, type Field, flag, u8, u16, u32, uint } from "#agent/wire/fields.ts";

/** Channel frequency in steps of 100 Hz. */
const frequency: Field<number> = {
  sizeBytes: 3,
  read: (view, at) => 100 * (view.getUint16(at, true) + 65_536 * view.getUint8(at + 2)),
  write(view, at, frequencyHz) {
    const steps = frequencyHz / 100;
    if (!Number.isInteger(steps) || steps < 0 || steps > 0xff_ffff) {
      throw new RangeError(`${frequencyHz} Hz does not fit`);
    }
    view.setUint16(at, steps % 65_536, true);
    view.setUint8(at + 2, Math.floor(steps / 65_536));
  },
};

/** Server to device. */
export const macDownlink = new CommandSet({
  ResetConf: { cid: 0x01, fields: { serverVersion: bits(u8, { minor: uint(0, 4) }) } },
  LinkCheckAns: { cid: 0x02, fields: { marginDb: u8, gatewayCount: u8 } },
  LinkADRReq: {
    cid: 0x03,
    fields: {
      link: bits(u8, { txPower: uint(0, 4), dataRate: uint(4, 4) }),
      chMask: u16,
      redundancy: bits(u8, { nbTrans: uint(0, 4), chMaskCntl: uint(4, 3) }),
    },
  },
  DutyCycleReq: { cid: 0x04, fields: { limit: bits(u8, { maxDutyCycle: uint(0, 4) }) } },
  RXParamSetupReq: {
    cid: 0x05,
    fields: {
      dlSettings: bits(u8, { rx2DataRate: uint(0, 4), rx1DrOffset: uint(4, 3) }),
      frequencyHz: frequency,
    },
  },
  DevStatusReq: { cid: 0x06, fields: {} },
  NewChannelReq: {
    cid: 0x07,
    fields: {
      chIndex: u8,
      frequencyHz: frequency,
      drRange: bits(u8, { drMin: uint(0, 4), drMax: uint(4, 4) }),
    },
  },
  RXTimingSetupReq: { cid: 0x08, fields: { settings: bits(u8, { delayS: uint(0, 4) }) } },
  TxParamSetupReq: {
    cid: 0x09,
    fields: {
      eirpDwellTime: bits(u8, { maxEirp: uint(0, 4), uplink: flag(4), downlink: flag(5) }),
    },
  },
  DlChannelReq: { cid: 0x0a, fields: { chIndex: u8, frequencyHz: frequency } },
  RekeyConf: { cid: 0x0b, fields: { serverVersion: bits(u8, { minor: uint(0, 4) }) } },
  /** ADR_ACK_LIMIT is 2^limitExp, ADR_ACK_DELAY 2^delayExp. */
  ADRParamSetupReq: {
    cid: 0x0c,
    fields: { param: bits(u8, { delayExp: uint(0, 4), limitExp: uint(4, 4) }) },
  },
  /** `fraction` counts 1/256 s. */
  DeviceTimeAns: { cid: 0x0d, fields: { gps: u32, fraction: u8 } },
  ForceRejoinReq: { cid: 0x0e, fields: { param: u16 } },
  RejoinParamSetupReq: { cid: 0x0f, fields: { param: u8 } },
  PingSlotInfoAns: { cid: 0x10, fields: {} },
  /** 0 Hz: as the region has it. */
  PingSlotChannelReq: {
    cid: 0x11,
    fields: { frequencyHz: frequency, rate: bits(u8, { dataRate: uint(0, 4) }) },
  },
  /** Deprecated since 1.0.3. */
  BeaconTimingAns: { cid: 0x12, fields: { delay: u16, channel: u8 } },
  BeaconFreqReq: { cid: 0x13, fields: { frequencyHz: frequency } },
  DeviceModeConf: { cid: 0x20, fields: { deviceClass: u8 } },
});
export type MacDownlink = Command<typeof macDownlink>;

/** Of DeviceModeInd and DeviceModeConf; 1 is reserved. */
export const CLASS_C = 2;

/** Device to server. */
export const macUplink = new CommandSet({
  ResetInd: { cid: 0x01, fields: { deviceVersion: bits(u8, { minor: uint(0, 4) }) } },
  LinkCheckReq: { cid: 0x02, fields: {} },
  LinkADRAns: {
    cid: 0x03,
    fields: {
      status: bits(u8, { channelMaskAck: flag(0), dataRateAck: flag(1), powerAck: flag(2) }),
    },
  },
  DutyCycleAns: { cid: 0x04, fields: {} },
  RXParamSetupAns: {
    cid: 0x05,
    fields: {
      status: bits(u8, { channelAck: flag(0), rx2DataRateAck: flag(1), rx1DrOffsetAck: flag(2) }),
    },
  },
  /** Battery 255: not measured. The margin is a signed number of dB. */
  DevStatusAns: { cid: 0x06, fields: { battery: u8, radio: bits(u8, { marginDb: uint(0, 6) }) } },
  NewChannelAns: {
    cid: 0x07,
    fields: { status: bits(u8, { frequencyAck: flag(0), drRangeAck: flag(1) }) },
  },
  RXTimingSetupAns: { cid: 0x08, fields: {} },
  TxParamSetupAns: { cid: 0x09, fields: {} },
  DlChannelAns: {
    cid: 0x0a,
    fields: { status: bits(u8, { frequencyAck: flag(0), uplinkFrequencyExists: flag(1) }) },
  },
  RekeyInd: { cid: 0x0b, fields: { deviceVersion: bits(u8, { minor: uint(0, 4) }) } },
  ADRParamSetupAns: { cid: 0x0c, fields: {} },
  DeviceTimeReq: { cid: 0x0d, fields: {} },
  RejoinParamSetupAns: { cid: 0x0f, fields: { status: bits(u8, { timeAck: flag(0) }) } },
  /** As since 1.0.3; 1.0.2 had a data rate beside it. */
  PingSlotInfoReq: { cid: 0x10, fields: { slots: bits(u8, { periodicity: uint(0, 3) }) } },
  PingSlotChannelAns: {
    cid: 0x11,
    fields: { status: bits(u8, { frequencyAck: flag(0), dataRateAck: flag(1) }) },
  },
  /** Deprecated since 1.0.3. */
  BeaconTimingReq: { cid: 0x12, fields: {} },
  BeaconFreqAns: { cid: 0x13, fields: { status: bits(u8, { frequencyAck: flag(0) }) } },
  /** 1.1: the class that the device is in from now on. */
  DeviceModeInd: { cid: 0x20, fields: { deviceClass: u8 } },
});
export type MacUplink = Command<typeof macUplink>;
