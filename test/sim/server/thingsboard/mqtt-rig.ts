import { PullWorld } from "../../../agent/pull/pull-world.ts";
import type { Fate, Given, PullRig } from "../../../contract/pull.contract.ts";
import { MqttWorldLink, noServer } from "./mqtt-world.ts";
import { type RigOptions, type StandIn, standInFor, worldOptionsOf } from "./stand-in.ts";

/** A device's MQTT sessions with a stand-in. */
export class MqttRig implements PullRig {
  readonly standIn: StandIn;
  readonly world: PullWorld;
  fateOf: (given: Given) => Fate = () => "arrives";
  readonly link: MqttWorldLink;

  constructor(options: RigOptions = {}) {
    this.standIn = standInFor(options);
    this.link = new MqttWorldLink(this.standIn, options);
    this.link.fateOf = (topic) => {
      const fate = this.fateOf(/\/(attributes|rpc)/.test(topic) ? "attributes" : "chunk");
      return fate === "breaks" ? "close" : fate;
    };
    this.world = new PullWorld(noServer, { ...worldOptionsOf(options), link: this.link });
  }

  get chunks(): readonly number[] {
    return this.link.published.flatMap(({ topic }) => {
      const chunk = /\/chunk\/(\d+)$/.exec(topic)?.[1];
      return chunk === undefined ? [] : [Number(chunk)];
    });
  }

  get asked(): number {
    return this.link.published.length;
  }

  set isKnown(isKnown: boolean) {
    this.link.username = isKnown ? "T" : "X";
  }
}
