import { resolvePull } from "#scenarios/pull-defaults.ts";
import { Engine } from "#sim/kernel/engine.ts";
import type { LinkNews, LinkWorld } from "#sim/pull/link.ts";

type Link = LinkWorld["options"];

/** The device's end of a link, in virtual time: who is there, and what was heard. */
export class TestLinkWorld implements LinkWorld {
  readonly scheduler = new Engine();
  readonly options: Link;
  readonly seed = 1;
  readonly id = 0;
  readonly heard: (LinkNews & { readonly atMs: number })[] = [];
  offline = false;
  down = false;

  constructor(options: Partial<Link> = {}) {
    this.options = { ...resolvePull({ name: "a", count: 1 }).link, ...options };
  }

  isOffline(): boolean {
    return this.offline;
  }

  isServerDown(): boolean {
    return this.down;
  }

  deliver(event: LinkNews): void {
    this.heard.push({ ...event, atMs: this.scheduler.now / 1000 });
  }

  wait(seconds: number): void {
    this.scheduler.advance(this.scheduler.now + seconds * 1_000_000);
  }
}
