import type { LinkEvent, PullEffect } from "#agent/pull/events.ts";

export type LinkEffect = Extract<
  PullEffect,
  { readonly type: `${"http" | "mqtt" | "coap" | "fetch" | "serial"}${string}` }
>;

type WithoutTime<Event> = Event extends unknown ? Omit<Event, "at"> : never;

/** What comes of an effect; its time is when it is posted. */
export type Post = (event: WithoutTime<LinkEvent>) => void;

/** The network of one device. */
export interface PullLink {
  /** Effects of other kinds of links are none of its business. */
  perform(effect: LinkEffect): void;
  /** The device is gone: whatever is on its way comes to nobody. */
  halt(): void;
}
