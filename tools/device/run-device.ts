import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { DeviceConfig } from "#agent/config.ts";
import type { PublicKey } from "#hal/ports.ts";
import type { RadioEvent } from "#hal/radio-port.ts";
import type { ModemSettings } from "#hal/serial/drivers/driver.ts";
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import { regionLimits } from "#sim/fleet/settings.ts";
import { DeviceShell } from "./device-shell.ts";
import type { DeviceState } from "./device-state.ts";
import type { DeviceWatch } from "./device-watch.ts";
import { ModemLink, type ModemLinkInput } from "./modem-link.ts";

export interface DeviceRunInput {
  readonly state: DeviceState;
  readonly keys: readonly PublicKey[];
  readonly settings: ModemSettings;
  /** GenAppKey. */
  readonly rootSecret: Uint8Array;
  readonly regional: RegionalSetting;
  readonly packages: 1 | 2;
  readonly heartbeatS: number;
  readonly link: Pick<ModemLinkInput, "port" | "open" | "bauds" | "dialect" | "hardReset">;
  readonly selfTest: (image: ImageIdentity) => Promise<boolean>;
  readonly say: (text: string) => void;
  /** Who wants to see what it does. */
  readonly watch?: DeviceWatch;
}

/** Time that a device with a verified image waits for the question how it went. */
const ACTIVATION_TIMEOUT_S = 7200;
const TRIAL_DEADLINE_S = 600;
const FRAGMENTS_MAX = 16_383;

/** An agent on a modem. */
export class RunningDevice {
  readonly #input: DeviceRunInput;
  readonly #link: ModemLink;
  readonly shell: DeviceShell;
  #fail: (error: Error) => void = () => {};

  constructor(input: DeviceRunInput) {
    const { state, regional, settings, say, selfTest, link, watch } = input;
    this.#input = input;
    this.#link = new ModemLink({
      ...link,
      settings,
      payloadMaxBytes: maxPayloadBytes(regional.region, settings.dr),
      emit: (event: RadioEvent) => {
        watch?.heard(event);
        this.shell.onRadio(event);
      },
      say,
      below: (bound) => state.entropy.below("recovery", bound),
      onModem: (title) => watch?.onModem(title),
      onSignal: (signal) => watch?.onSignal(signal),
      onEnd: (cause) => this.#fail(cause),
    });
    this.shell = new DeviceShell({
      config: configOf(input),
      ports: state,
      radio: {
        perform: (request) => {
          watch?.asked(request);
          this.#link.perform(request);
        },
      },
      say,
      selfTest,
      onEnd: (cause) => this.#fail(cause),
    });
  }

  /** Until `interrupt`; throws `RefusedError` when modem or flash cannot go on. */
  async run(interrupt: AbortSignal): Promise<void> {
    const over = new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      interrupt.addEventListener("abort", () => resolve(), { once: true });
    });
    try {
      await this.#link.open();
      this.shell.start();
      this.#input.watch?.begin(this.shell);
      await over;
    } finally {
      this.shell.stop();
      await this.#link.close();
      this.#input.state.flash.close();
    }
  }
}

function configOf(input: DeviceRunInput): DeviceConfig {
  const { packages, rootSecret, heartbeatS, keys, regional } = input;
  return {
    packages: { clockSync: packages, multicastSetup: packages, fragmentation: packages },
    lorawan: "1.0",
    rootSecret,
    parityVariant: packages === 1 ? "ts004-v1" : "ts004-v2-lbm",
    decoder: { matrixRows: FRAGMENTS_MAX, scratchFragments: FRAGMENTS_MAX },
    activation: { policy: "afterStatus", timeoutS: ACTIVATION_TIMEOUT_S },
    heartbeatS,
    trialDeadlineS: TRIAL_DEADLINE_S,
    quirks: { chirpstackAnswers: true, aggregateAnswers: false },
    image: { keys },
    hardwareVersion: 1,
    region: regionLimits(regional.region),
  };
}
