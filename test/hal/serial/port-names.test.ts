import { expect, test } from "vitest";
import { PortNames } from "#hal/serial/port-names.ts";

const OURS = "/dev/serial/by-id/usb-CP2102_0001-port0";
const OTHER = "/dev/serial/by-id/usb-CH340-port0";

/** A machine's ports: links, and the device files where they end. */
class Machine {
  links = new Map<string, string>();
  devices = new Set<string>();

  list = () => [...this.links.keys()].map((path) => path.replace(/.*\//, "")).sort();
  real = (path: string) => {
    const end = this.links.get(path) ?? path;
    return this.devices.has(end) ? end : undefined;
  };

  plug(link: string, device: string): void {
    this.links.set(link, device);
    this.devices.add(device);
  }

  unplug(link: string): void {
    this.devices.delete(this.links.get(link) ?? "");
    this.links.delete(link);
  }
}

test("a port that comes back under another name is found by its id", () => {
  const machine = new Machine();
  machine.plug(OURS, "/dev/ttyUSB0");
  const names = new PortNames("/dev/ttyUSB0", machine);
  expect([names.current, names.device]).toEqual([OURS, "/dev/ttyUSB0"]);
  machine.unplug(OURS);
  machine.plug(OTHER, "/dev/ttyUSB0");
  machine.plug(OURS, "/dev/ttyUSB1");
  expect([names.current, names.device]).toEqual([OURS, "/dev/ttyUSB1"]);
});

test("while it is away, the name that was given says so", () => {
  const machine = new Machine();
  machine.plug(OURS, "/dev/ttyUSB0");
  const names = new PortNames("/dev/ttyUSB0", machine);
  machine.unplug(OURS);
  expect([names.current, names.device]).toEqual(["/dev/ttyUSB0", "/dev/ttyUSB0"]);
});

test("a port that was not there at first gets its id when it comes", () => {
  const machine = new Machine();
  const names = new PortNames("/dev/ttyUSB0", machine);
  expect(names.current).toBe("/dev/ttyUSB0");
  machine.plug(OURS, "/dev/ttyUSB0");
  expect(names.current).toBe(OURS);
});

test.each(["/dev/ttyACM0", "/tmp/lora", OURS])("%s without an id keeps its name", (path) => {
  const machine = new Machine();
  machine.devices.add(path);
  expect(new PortNames(path, machine).current).toBe(path);
});

test("on this machine, whatever it has, a name that is none keeps it", () => {
  expect(new PortNames("/dev/does-not-exist").current).toBe("/dev/does-not-exist");
});
