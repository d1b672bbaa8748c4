import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { TransportError } from "./transport.ts";

/** What the check asks of a file system; the machine's, but in tests. */
export interface PortFiles {
  stat(path: string): { readonly isCharacterDevice: boolean; readonly gid: number };
  /** Throws when this process may not read and write it. */
  access(path: string): void;
  groups(): string;
}

const machine: PortFiles = {
  stat: (path) => {
    const stats = statSync(path);
    return { isCharacterDevice: stats.isCharacterDevice(), gid: stats.gid };
  },
  access: (path) => accessSync(path, constants.R_OK | constants.W_OK),
  groups: () => readFileSync("/etc/group", "utf8"),
};

/**
 * Why a path cannot be opened as a serial port; undefined: it may well be. The port library tells
 * these apart by the text of its errors alone.
 */
export function portProblem(path: string, files: PortFiles = machine): TransportError | undefined {
  let found: ReturnType<PortFiles["stat"]>;
  try {
    found = files.stat(path);
  } catch (error) {
    const isForbidden = error instanceof Error && "code" in error && error.code === "EACCES";
    if (isForbidden) return new TransportError("permissionDenied", `${path}: permission denied`);
    return new TransportError("noSuchPort", `${path}: no such port`);
  }
  if (!found.isCharacterDevice) {
    return new TransportError("notASerialPort", `${path} is not a serial port`);
  }
  try {
    files.access(path);
  } catch {
    const hint = hintOf(found.gid, files);
    return new TransportError("permissionDenied", `${path}: permission denied; ${hint}`);
  }
  return undefined;
}

/** Serial ports belong to a group, `dialout` on Debian and `uucp` elsewhere. */
function hintOf(gid: number, files: PortFiles): string {
  let text: string;
  try {
    text = files.groups();
  } catch {
    text = "";
  }
  const rows = text.split("\n").map((line) => line.split(":"));
  const name = rows.find(([, , id]) => id === String(gid))?.[0];
  if (name === undefined || name === "root") return "ask its owner, or run as root";
  return `join its group with: sudo usermod -aG ${name} $USER, and log in again`;
}
