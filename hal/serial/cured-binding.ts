import { read } from "node:fs";
import { promisify } from "node:util";
import {
  type AutoDetectTypes,
  autoDetect,
  LinuxBinding,
  type LinuxBindingInterface,
  type LinuxPortBinding,
} from "@serialport/bindings-cpp";

type Read = LinuxPortBinding["read"];

const readFile = promisify(read);

/**
 * The binding of this platform; on Linux with a cure. A port that is gone reads as no bytes at all,
 * which the library takes for "not yet" and asks again for ever: 7 to 17 % of unplugs were missed.
 * A port that is there never reads so: it is not ready, or it has a byte.
 */
export function curedBinding(): AutoDetectTypes {
  if (process.platform !== "linux") return autoDetect();
  const cured: LinuxBindingInterface = {
    list: () => LinuxBinding.list(),
    open: async (options) => {
      const port = await LinuxBinding.open(options);
      port.read = readOf(port);
      return port;
    },
  };
  return cured;
}

function readOf(port: LinuxPortBinding): Read {
  return async (buffer, offset, length) => {
    for (;;) {
      if (port.fd === null) throw closedByUs();
      const bytesRead = await readOnce(port.fd, buffer, offset, length);
      if (bytesRead === 0) throw new Error("the port is gone");
      if (bytesRead !== undefined) return { buffer, bytesRead };
      if (port.fd === null) throw closedByUs();
      await readable(port);
    }
  };
}

/** Undefined: nothing is there yet. */
async function readOnce(
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
): Promise<number | undefined> {
  try {
    return (await readFile(fd, buffer, offset, length, null)).bytesRead;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EAGAIN" || code === "EINTR") return undefined;
    throw error;
  }
}

function readable({ poller }: LinuxPortBinding): Promise<void> {
  return new Promise((resolve, reject) => {
    poller.once("readable", (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** As the library marks it: no sign of an unplug. */
function closedByUs(): Error {
  return Object.assign(new Error("the port is closed"), { canceled: true });
}
