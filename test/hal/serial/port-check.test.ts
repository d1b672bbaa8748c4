import { expect, test } from "vitest";
import { type PortFiles, portProblem } from "#hal/serial/port-check.ts";

const groups = "root:x:0:\ndialout:x:20:someone\nuucp:x:986:\n";
const refuse = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};
const port = {
  stat: () => ({ isCharacterDevice: true, gid: 20 }),
  access: () => {},
  groups: () => groups,
};

test.each<[string, PortFiles, RegExp | undefined]>([
  ["a port", port, undefined],
  ["nothing there", { ...port, stat: refuse("ENOENT") }, /^\/dev\/x: no such port$/],
  ["a folder that is closed", { ...port, stat: refuse("EACCES") }, /permission denied$/],
  [
    "a file",
    { ...port, stat: () => ({ isCharacterDevice: false, gid: 20 }) },
    /is not a serial port/,
  ],
  ["a port of a group", { ...port, access: refuse("EACCES") }, /usermod -aG dialout \$USER/],
  [
    "a port of another group",
    { ...port, stat: () => ({ isCharacterDevice: true, gid: 986 }), access: refuse("EACCES") },
    /usermod -aG uucp/,
  ],
  [
    "a port of root",
    { ...port, stat: () => ({ isCharacterDevice: true, gid: 0 }), access: refuse("EACCES") },
    /ask its owner, or run as root/,
  ],
  [
    "no list of groups",
    { ...port, access: refuse("EACCES"), groups: refuse("ENOENT") },
    /ask its owner, or run as root/,
  ],
])("%s", (_, files, words) => {
  const problem = portProblem("/dev/x", files);
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem?.message).toMatch(words);
});
