/** Where the firmware of a device, or of an application's devices, is to be found. */
export type FirmwareSpec =
  | { readonly file: { readonly name: string } }
  | { readonly container: { readonly image: string } };

/** As the registry's API has it: others put into it what they like. */
export type JsonSection = Readonly<Record<string, unknown>>;

export interface DrogueApplication {
  readonly name: string;
  readonly createdUnixMs: number;
  spec: JsonSection;
  status: JsonSection;
  labels: Readonly<Record<string, string>>;
  generation: number;
  resourceVersion: number;
  readonly devices: Map<string, DrogueDevice>;
}

export interface DrogueDevice {
  readonly application: DrogueApplication;
  readonly name: string;
  readonly createdUnixMs: number;
  /** Undefined: what its specification says, as of those that were made by the API. */
  readonly password: string | undefined;
  labels: Readonly<Record<string, string>>;
  spec: JsonSection;
  status: JsonSection;
  /** Counts what is asked of it. */
  generation: number;
  /** Counts every change. */
  resourceVersion: number;
}

export interface NewDevice {
  readonly name: string;
  readonly password: string;
  /** Its label `group`. */
  readonly group?: string;
  /** Devices that may speak for it. */
  readonly gateways?: readonly string[];
}

/** Names are compared as they are; a device's are unique in its application. */
const LABEL = "group";

/** Drogue's device registry: applications, their devices, and which firmware is theirs. */
export class DrogueRegistry {
  readonly applications = new Map<string, DrogueApplication>();
  readonly #nowUnixMs: () => number;

  constructor(nowUnixMs: () => number) {
    this.#nowUnixMs = nowUnixMs;
  }

  application(name: string): DrogueApplication {
    let application = this.applications.get(name);
    if (application === undefined) {
      const createdUnixMs = this.#nowUnixMs();
      const nothing = { spec: {}, status: {}, labels: {}, generation: 1, resourceVersion: 1 };
      application = { name, createdUnixMs, ...nothing, devices: new Map() };
      this.applications.set(name, application);
    }
    return application;
  }

  addDevice(application: string, { name, password, group, gateways }: NewDevice): DrogueDevice {
    const labels: Readonly<Record<string, string>> = group === undefined ? {} : { [LABEL]: group };
    const spec = gateways === undefined ? {} : { gatewaySelector: { matchNames: gateways } };
    return this.create(this.application(application), { name, password, labels, spec });
  }

  /** There must be none of that name. */
  create(
    application: DrogueApplication,
    facts: Pick<DrogueDevice, "name" | "password" | "labels" | "spec">,
  ): DrogueDevice {
    const { name } = facts;
    if (application.devices.has(name)) throw new RangeError(`device ${name} is there twice`);
    const device: DrogueDevice = {
      ...facts,
      application,
      createdUnixMs: this.#nowUnixMs(),
      status: {},
      generation: 1,
      resourceVersion: 1,
    };
    application.devices.set(name, device);
    return device;
  }

  device(application: string, name: string): DrogueDevice | undefined {
    return this.applications.get(application)?.devices.get(name);
  }

  /** Who has this password; a gateway may speak for others that name it. */
  authenticate(application: string, name: string, password: string): DrogueDevice | undefined {
    const device = this.device(application, name);
    if (device === undefined) return undefined;
    const isRight =
      device.password === undefined
        ? passwordsOf(device).includes(password)
        : device.password === password;
    return isRight ? device : undefined;
  }

  /** The device that `sender` speaks for; itself, if none is named. */
  spokenFor(sender: DrogueDevice, name: string | undefined): DrogueDevice | undefined {
    if (name === undefined || name === sender.name) return sender;
    const device = sender.application.devices.get(name);
    const { matchNames } = Object(device?.spec["gatewaySelector"]);
    const isAllowed = Array.isArray(matchNames) && matchNames.includes(sender.name);
    return isAllowed ? device : undefined;
  }

  /**
   * To the devices of a group, each of which then has a firmware of its own; without one, to all of an
   * application that have none of their own. `undefined` takes it away.
   */
  rollOut(application: string, firmware: FirmwareSpec | undefined, group?: string): void {
    const owner = this.application(application);
    if (group === undefined) {
      give(owner, firmware);
      return;
    }
    for (const device of owner.devices.values()) {
      if (device.labels[LABEL] === group) give(device, firmware);
    }
  }
}

/** As the user guide of Drogue IoT has them (Managing devices): `authentication.credentials[].pass`. */
function passwordsOf({ spec }: DrogueDevice): readonly unknown[] {
  const { credentials } = Object(spec["authentication"]);
  if (!Array.isArray(credentials)) return [];
  return credentials.map((one) => Object(one).pass);
}

/** To this device alone. */
export function rollOutTo(device: DrogueDevice, firmware: FirmwareSpec): void {
  give(device, firmware);
}

function give(to: DrogueApplication | DrogueDevice, firmware: FirmwareSpec | undefined): void {
  const { firmware: _, ...rest } = to.spec;
  to.spec = firmware === undefined ? rest : { ...rest, firmware };
  to.generation += 1;
  to.resourceVersion += 1;
}
