import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { World } from "./world.ts";

/**
 * A modem with FUOTA of its own under a version that does not say so: the device is not refused, and
 * two agents are at one server.
 */

const worlds: World[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  for (const world of worlds.splice(0)) world.remove();
});

async function deployed(ownFuota: boolean): Promise<World> {
  const world = new World("rui4_2", { ownFuota });
  worlds.push(world);
  await world.deploy();
  return world;
}

const answers = ({ uplinks }: World, start: string) =>
  uplinks.filter((uplink) => uplink.startsWith(start));
const sessionAnswers = (world: World) => answers(world, "200 0400").length;

describe.each([
  [false, 1],
  [true, 2],
])("with FUOTA in the modem: %s", (ownFuota, count) => {
  test(`each request of the server has ${count} answers`, async () => {
    const world = await deployed(ownFuota);
    await world.until(() => sessionAnswers(world) === count);
    expect(answers(world, "200 02")).toEqual(Array(count).fill("200 0200"));
    expect(answers(world, "201 02")).toEqual(Array(count).fill("201 0200"));
    await world.stop();
  });
});

test("a host that is away when the session begins comes back to a dead line", async () => {
  const world = await deployed(true);
  await world.until(() => sessionAnswers(world) === 2);
  await world.stop();
  await world.until(() => world.spoken.endsWith("app switch class c\r\n"));
  const said = world.spoken;
  await world.start();
  await world.until(() => world.failure !== undefined);
  expect(String(world.failure)).toMatch(/does not answer/);
  expect(world.spoken).toBe(said);
});

test("a host that is in class C in time keeps its modem, and the server believes the modem", async () => {
  const world = await deployed(true);
  await world.until(() => world.isConfirmed);
  await world.until(() => world.campaign.done);
  expect(world.spoken).not.toContain("app switch class c");
  // The modem still counts as missing what it has repaired; the device misses nothing.
  expect(world.campaign.rows[0]?.errorMsg).toMatch(/missing_frag=[1-9]/);
  await world.until(() => answers(world, "201 01").some((answer) => answer.endsWith("0000")));
  await world.stop();
});
