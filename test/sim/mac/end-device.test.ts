import { describe, expect, test } from "vitest";
import { hex } from "../../hex.ts";
import { Network } from "./network.ts";

/** Ways to bring a device into a state; nobody answers it from then on. */
const states = {
  new: () => new Network(),
  joining: () => {
    const network = new Network();
    network.mac.perform({ type: "join" });
    network.engine.run(Number.MAX_SAFE_INTEGER, () => network.air.length > 0);
    return network;
  },
  idle: () => Network.joined(),
  waiting: () => {
    const network = Network.joined();
    network.exchange(new Uint8Array(242));
    network.mac.perform({ type: "requestUplink" });
    return cleared(network);
  },
  transmitting: () => sending(false, 0.01),
  "in its windows": () => sending(false, 1.5),
  "between two transmissions": () => sending(true, 5.5),
};
type State = keyof typeof states;

function sending(confirmed: boolean, seconds: number): Network {
  const network = Network.joined();
  network.toSend.push({ fPort: 1, payload: hex("00"), confirmed });
  network.mac.perform({ type: "requestUplink" });
  network.engine.run(Number.MAX_SAFE_INTEGER, () => network.air.length > 0);
  network.run(seconds);
  return cleared(network);
}

function cleared(network: Network): Network {
  network.events.splice(0);
  return network;
}

const stimuli = {
  nothing: () => {},
  join: (network: Network) => network.mac.perform({ type: "join" }),
  requestUplink: (network: Network) => network.mac.perform({ type: "requestUplink" }),
  uplink: (network: Network) =>
    network.mac.perform({ type: "uplink", fPort: 1, payload: hex("00"), confirmed: false }),
  reset: (network: Network) => network.mac.reset(),
};
type Stimulus = keyof typeof stimuli;

const throws = "throws";
/** What is emitted in the ten minutes after the stimulus. */
const table: Readonly<Record<State, Readonly<Record<Stimulus, string>>>> = {
  new: { nothing: "", join: "", requestUplink: "", uplink: throws, reset: "" },
  joining: { nothing: "", join: "", requestUplink: "", uplink: throws, reset: "" },
  idle: { nothing: "", join: "joined", requestUplink: "uplinkReady", uplink: throws, reset: "" },
  waiting: {
    nothing: "uplinkReady",
    join: "joined uplinkReady",
    requestUplink: "uplinkReady",
    uplink: throws,
    reset: "",
  },
  transmitting: {
    nothing: "uplinkDone",
    join: "joined uplinkDone",
    requestUplink: "uplinkDone uplinkReady",
    uplink: throws,
    reset: "",
  },
  "in its windows": {
    nothing: "uplinkDone",
    join: "joined uplinkDone",
    requestUplink: "uplinkDone uplinkReady",
    uplink: throws,
    reset: "",
  },
  "between two transmissions": {
    nothing: "uplinkDone",
    join: "joined uplinkDone",
    requestUplink: "uplinkDone uplinkReady",
    uplink: throws,
    reset: "",
  },
};

const rows = Object.entries(table).flatMap(([state, outcomes]) =>
  Object.entries(outcomes).map(([stimulus, outcome]) => [state, stimulus, outcome] as const),
);

test.each(rows)("%s × %s → %s", (state, stimulus, outcome) => {
  const network = states[state as State]();
  const act = () => stimuli[stimulus as Stimulus](network);
  if (outcome === throws) {
    expect(act).toThrow(RangeError);
    return;
  }
  act();
  expect(network.events).toEqual([]);
  network.run(600);
  expect(network.events.map(({ type }) => type).join(" ")).toBe(outcome);
});

test("what was asked for in a former life is not granted in this one", () => {
  const joining = states.idle();
  joining.mac.perform({ type: "join" });
  joining.mac.reset();
  joining.run(600);
  expect(joining.events).toEqual([]);

  const asking = states.new();
  asking.mac.perform({ type: "requestUplink" });
  asking.mac.reset();
  asking.onUplink = (uplink) => asking.acceptJoin(uplink);
  asking.mac.perform({ type: "join" });
  asking.run(600);
  expect(asking.events.map(({ type }) => type)).toEqual(["joined"]);
});

test("asking to join twice does not double the requests", () => {
  const once = states.joining();
  const twice = states.joining();
  twice.mac.perform({ type: "join" });
  once.run(3600);
  twice.run(3600);
  expect(twice.air).toEqual(once.air);
});

describe("equal seeds", () => {
  const story = (seed: number) => {
    const network = Network.joined({ seed });
    network.exchange(hex("01"), { confirmed: true });
    return network.air;
  };

  test("tell equal stories, other seeds others", () => {
    expect(story(3)).toEqual(story(3));
    expect(story(3)).not.toEqual(story(4));
  });
});

test.each([6, 7])(
  "uplinks at DR%i are refused: the default channels do not carry them",
  (uplinkDr) => {
    expect(() => new Network({ uplinkDr })).toThrow(RangeError);
  },
);
