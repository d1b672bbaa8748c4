import type { Saying } from "#agent/outbox.ts";
import { buildMcSessionAns } from "#agent/packages/multicast-answers.ts";
import { type MulticastSetupEvent, stepMulticastSetup } from "#agent/packages/multicast-setup.ts";
import { mcDownlink } from "#agent/packages/multicast-setup.wire.ts";
import {
  type MulticastSetupConfig,
  type MulticastSetupState,
  newMulticastSetupState,
} from "#agent/packages/multicast-state.ts";
import { EU868_LIMITS } from "#agent/packages/region-limits.ts";
import { hex } from "../../hex.ts";
import { keyHex } from "../keys/key-hex.ts";
import { NOW_GPS, TestIo, unicast } from "./test-io.ts";

export const GROUP_0_SETUP =
  "02 00 fe ff ff 01 fb f1 47 1e fd ac 69 59 9a 52 a0 ff c1 0b 90 ce 00 00 00 00 ff ff ff ff";

export interface SessionReq {
  readonly mcGroupId?: number;
  readonly sessionTime?: number;
  readonly timeOut?: number;
  readonly dlFrequencyHz?: number;
  readonly dr?: number;
}

/** Just enough device to run multicast setup. */
export class MulticastNode {
  readonly io: TestIo;
  readonly state: MulticastSetupState = newMulticastSetupState();
  readonly config: MulticastSetupConfig;

  constructor(
    options: {
      readonly synced?: boolean;
      readonly gps?: number;
    } & Partial<MulticastSetupConfig> = {},
  ) {
    const { synced = true, gps = NOW_GPS, ...config } = options;
    this.io = new TestIo({ synced, gps });
    this.config = {
      version: 2,
      groupCount: 4,
      region: EU868_LIMITS,
      openEarlyS: 5,
      chirpstackAnswers: false,
      lorawan: "1.0",
      rootSecret: keyHex("2B7E151628AED2A6ABF7158809CF4F3C"),
      ...config,
    };
  }

  step(event: MulticastSetupEvent): boolean {
    return stepMulticastSetup(this.state, event, this.config, this.io);
  }

  receive(bytes: string): boolean {
    return this.step({ type: "downlink", payload: hex(bytes), source: unicast });
  }

  /** A group whose setup, answer and notes are over. */
  setUp(mcGroupId = 0): this {
    this.receive(GROUP_0_SETUP.replace("02 00", `02 0${mcGroupId}`));
    return this.forget();
  }

  request(session: SessionReq = {}): boolean {
    const { mcGroupId = 0, sessionTime = NOW_GPS + 300, timeOut = 8 } = session;
    const { dlFrequencyHz = 869_525_000, dr = 0 } = session;
    const payload = mcDownlink.encode({
      name: "McClassCSessionReq",
      header: { mcGroupId },
      sessionTime,
      param: { timeOut },
      dlFrequencyHz,
      dr,
    });
    return this.step({ type: "downlink", payload, source: unicast });
  }

  /** The answers that would leave now. */
  takeAnswers(): readonly Uint8Array[] {
    return this.io.takeSayings().map((saying) => this.#build(saying));
  }

  #build(saying: Saying): Uint8Array {
    if (saying.type === "answer") return saying.payload;
    if (saying.type === "mcSessionAns") return buildMcSessionAns(saying, this.config, this.io);
    throw new RangeError(`unexpected ${saying.type}`);
  }

  forget(): this {
    this.io.effects.splice(0);
    this.io.sayings.splice(0);
    this.io.persisted.splice(0);
    return this;
  }
}
