import { DrogueServer } from "./drogue-server.ts";
import type { PullServer, PullServerParts } from "./server.ts";
import { ThingsBoardServer } from "./thingsboard-server.ts";

export function newPullServer(parts: PullServerParts): PullServer {
  switch (parts.pull.dialect) {
    case "thingsboard":
    case "documented":
      return new ThingsBoardServer(parts);
    case "drogue":
      return new DrogueServer(parts);
    default:
      return parts.pull.dialect satisfies never;
  }
}
