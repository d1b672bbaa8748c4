import { DocumentedHttp } from "#agent/pull/documented-http.ts";
import {
  type HttpRequest,
  type PullServer,
  PullWorld,
  type Reply,
} from "../../../agent/pull/pull-world.ts";
import type { Fate, Given, PullRig } from "../../../contract/pull.contract.ts";
import { type RigOptions, type StandIn, standInFor, worldOptionsOf } from "./stand-in.ts";

/** A device's HTTP exchanges with a stand-in. */
export class HttpRig implements PullRig, PullServer {
  readonly standIn: StandIn;
  readonly world: PullWorld;
  readonly chunks: number[] = [];
  asked = 0;
  fateOf: (given: Given) => Fate = () => "arrives";
  isKnown = true;

  constructor(longPolls: boolean, options: RigOptions = {}) {
    this.standIn = standInFor(options);
    const newDialect = () => new DocumentedHttp({ token: "T 1", kind: "fw", longPolls });
    const link = { newDialect, perform: () => {}, halt: () => {} };
    const of = options.isDocumented === true ? { link } : { longPolls };
    this.world = new PullWorld(this, { ...worldOptionsOf(options), ...of });
  }

  reply({ method, path, body = "" }: HttpRequest, nowUs: number): Reply {
    const { engine } = this.standIn;
    engine.advance(Math.max(nowUs, engine.now));
    this.asked += 1;
    const chunk = /[?&]chunk=(\d+)/.exec(path)?.[1];
    if (chunk !== undefined) this.chunks.push(Number(chunk));
    // The device's token has a space.
    const token = this.isKnown ? "T" : "X";
    const outcome = this.standIn.ask(method, path.replace("/T%201/", `/${token}/`), body);
    const isQuestion = method === "GET" && path.includes("/attributes");
    const given = chunk !== undefined ? "chunk" : isQuestion && "attributes";
    const fate = given === false ? "arrives" : this.fateOf(given);
    if (outcome === undefined || outcome === "silence" || fate === "lost") return "lost";
    if (outcome === "close" || fate === "breaks") return "the connection was closed";
    return outcome;
  }
}
