/** What a suite does, for the table; the suite prints its name. */
export const suiteWords: Readonly<Record<string, string>> = {
  "boot/one-cut":
    "one cut: every operation, every kind, every byte prefix; granules 1, 4, 8, 16, 32",
  "boot/two-cuts":
    "two cuts: every operation, then any of the next 40, every kind that fits; same granules",
  "boot/three-cuts": "three cuts at random; same granules",
  "boot/storms": "storms of 3 to 12 cuts at random; same granules",
  "boot/rot": "every bit of both state sectors flipped, before every boot; same granules",
  "boot/lost-sector":
    "a state sector lost, to erased or to zeros, before every boot; same granules",
  "boot/life-size":
    "2 × 128 KiB, sectors of 4 KiB, granule 8: one cut in every operation, every kind, prefixes sampled",
  "boot-ci/one-cut": "as `boot/one-cut`, in `npm test`",
  "boot-ci/two-cuts": "each 37th pair of `boot/two-cuts`, in `npm test`",
  "boot-ci/storms": "400 storms a granule, in `npm test`",
  "boot-ci/rot": "each 37th bit of `boot/rot`, in `npm test`",
  "boot-ci/lost-sector": "as `boot/lost-sector`, in `npm test`",
  "device/operations":
    "whole update: a cut in every flash operation, every kind, every byte prefix; TS004 v1 and v2; granules 1 to 32",
  "device/calls": "whole update: a cut between every two port calls; v1 and v2; granules 1 to 32",
  "device/two-calls":
    "whole update: two cuts between port calls, the second in any of the next 24; granules 1 to 32",
  "device/storms": "whole update: 2 to 6 cuts in flash operations at random; granules 1 to 32",
  "device-ci/operations": "each 7th of `device/operations`, v2, granules 1, 8, 32, in `npm test`",
  "device-ci/calls": "as `device/calls`, v2, granules 1, 8, 32, in `npm test`",
  "sick/flash":
    "whole update on a flash that falls ill: 31 faults in 14 places, 20 in the bank that runs, and wear-out, at 7 moments, without and with resets; granules 1, 4, 8, 16, 32",
  "sick-ci/flash": "each 11th of `sick/flash`, granules 1, 8, 32, in `npm test`",
  "device-ci/resume":
    "a session interrupted for 1 to 20 fragments, at any moment, compared fragment by fragment with a device that heard all but these, in `npm test`",
  "embassy/one-cut":
    "embassy-boot: one cut, every operation, every kind, every byte prefix; granules 1, 8, 32, three rewrite policies",
  "embassy/two-cuts":
    "the same: each 11th pair of cuts, the second in any of the next 40 operations",
  "embassy/storms": "the same: storms of 3 to 12 cuts at random",
  "embassy/lorawan":
    "a whole campaign over LoRaWAN of a device that swaps: a cut between every two port calls and between every two events of the world, and each fifth of those in flash operations, with prefixes sampled; v1, granule 8",
  "embassy-ci/one-cut": "a sample of `embassy/one-cut`, in `npm test`",
  "embassy-ci/two-cuts": "each 997th pair, granule 8, in `npm test`",
  "embassy-ci/storms": "150 storms a flash, in `npm test`",
  "embassy-ci/lorawan": "a sample of `embassy/lorawan`, v2, granule 8, in `npm test`",
  "lorawan/operations":
    "a whole campaign over LoRaWAN, join to confirmed trial: a cut in every flash operation, every kind, every byte prefix; v1 and v2; granules 1 and 8",
  "lorawan/calls":
    "the same: a cut between every two port calls of the device, its events and effects among them",
  "lorawan/events":
    "the same: a cut between every two events of the world, which are those of modem, air, gateway and server; for two times",
  "lorawan-ci/operations":
    "each third of `lorawan/operations` with prefixes sampled, two of its four, in `npm test`",
  "lorawan-ci/calls": "each third of `lorawan/calls`, two of its four, in `npm test`",
  "lorawan-ci/events": "each fifth of `lorawan/events`, two of its four, in `npm test`",
  mutants: "defects put into the code; a failure is one that no test notices",
};
