/**
 * What `fuota init` writes, with the way from the file to its schema. It is valid as it stands; every
 * optional key shows its default.
 */
export function initialScenario(schemaPath: string): string {
  return `# yaml-language-server: $schema=${schemaPath}\n${BODY}`;
}

const BODY = `# A firmware update campaign over LoRaWAN. Run it with: fuota run scenario.yaml
# Keys that are commented out show their defaults. Everything is explained in docs/scenarios.md.

name: my-campaign
# description: what this scenario is for
# seed: 1                       # decides every draw; the same seed gives the same run
# region: EU868                 # or US915, AU915, AS923-1 to AS923-4, IN865, KR920, CN470, RU864
# subBand:                      # US915, AU915, CN470: the eight channels that the network uses
# dwellTime: { uplink: false, downlink: false }   # AS923, AU915: transmissions of at most 400 ms

devices:
  count: 50
  perCell: 25                   # devices behind one gateway; more cells can be run as shards
  defaults:
    packages: v2                # v1 or v2 of TS003, TS004 and TS005 (default v1)
    # lorawan: "1.0"            # or "1.0.2", "1.0.3", "1.0.4", "1.1"
    # activatedBy: otaa         # or abp: made with a session, from this address on
    # firstDevAddr: "01000000"
    # unicastClass: A           # or B: in ping slots too; C: always listens
    # persona: reference        # or loramac-node, basics-modem-4.8, zephyr, st, multitech-mdot: a
    #                           # device that behaves like that stack, bugs included
    # uplinkIntervalS: 600      # heartbeat; it also paces the server's set-up stages
    # uplinkDr: 5
    # adr: false                # true: the network adapts the data rate
    # asksEvery: { ack: 5, linkCheck: 10, deviceTime: 10 }   # each n-th uplink
    # clockOffsetMaxS: 3600     # the clock starts wrong by up to this much
    # clockDriftMaxPpm: 20
    # matrixRows: 16383         # decoder memory: fragments it can solve for
    # scratchFragments:         # decoder scratch; by default what the session needs
    # bankBytes: 262144         # size of each of the two firmware banks
    # granuleBytes: 8           # programming unit of the flash
    # activation: afterStatus   # or immediate, onCommand
    # keys: right               # or wrong: the server has another multicast root key
    # answerErrors: { mcGroupSetup: 4, fragSessionSetup: 2, mcSession: 4, fragStatus: 1 }
    #                           # bits set in the status of answers, whatever happened
    # answerFaults: { mcGroupSetup: { delayS: 60 }, fragSessionSetup: { lose: 1 },
    #                 mcSession: { copies: 2 }, fragStatus: { missingFrag: 1 } }
    # descriptor:               # the only one that it accepts: eight hex digits
    # boot: banks               # or embassy: images are swapped into one place
    # attempts: 3               # trial boots before the old image comes back
    # parity: auto              # or ts004-v1, ts004-v2-lbm, ts004-v2-spec
    # chirpstackAnswers: true
    # currents: ns3             # or nucleo-wl55jc1, or { txMa: 28, rxMa: 11.2, standbyMa: 1.4,
    #                           # sleepMa: 0.0015, supplyV: 3.3 }
  # mix:                        # several kinds of device instead of one
  #   - { name: old, share: 3, device: { packages: v1 } }
  #   - { name: new, share: 1, device: { packages: v2, lorawan: "1.1" } }
  # dealt: drawn                # or inTurn: kinds one after the other, not by lot

firmware:
  sizeBytes: 32768              # of the generated image; or give a file: --firmware FILE
  # version: 2.0.0
  # signature: ed25519          # or ecdsa-p256
  # deltaPercent:               # sends a patch: the images differ in so many percent of their bytes
  # defect: none                # or crash, hang, noNetwork, badSignature, badDigest, truncated,
  #                             # wrongHardware, downgrade, wrongBase

campaign:
  redundancyPercent: 30         # coded fragments in percent of the uncoded ones
  # dr: 5
  # fragSize: 239               # by default what the data rate carries
  # frequencyHz: 869525000
  # marginS: 5                  # one multicast frame every so many seconds
  # sessionClass: C             # or B: ping slots after a beacon
  # pingPeriodicity: 0          # class B: 2^(7-n) slots in 128 s
  # gapsS: [20, 21]             # or as it was measured, over and over
  # maxRetries: 5
  # scheduling: delay           # or gpsTime: several gateways at the same time
  # per: kind                   # or versions: one for all kinds with the same packages and LoRaWAN
  # uplinkIntervalS:            # that the server paces its stages by; by default the devices'
  # rounds: 1                   # again for those that are not updated
  # timeoutExponent:            # session of 2^n s; by default the shortest that fits
  # blockAckDelay: 0
  # requestStatus: afterSessionTimeout
  # descriptor: "00000000"
  # dutyCyclePercent: 10

air:
  multicastLoss: { model: bernoulli, probability: 0.1 }
  unicastLoss: { model: bernoulli, probability: 0.02 }
  # multicastLoss: { model: gilbertElliott, goodToBad: 0.02, badToGood: 0.2 }
  # sharedLoss: { model: bernoulli, probability: 0.05 }   # lost at the gateway, for all alike
  # multicastLoss: { model: trace, lost: [[1, 2], [70]] } # these frames, a list for each device
  # outages: [{ when: { atFragment: 60 }, forS: 60 }]     # the gateway is silent and deaf; or one
  #                                                       # of several: gateway: 1
  # gateways:                   # of fuota fleet, taken in turn: how they treat the server
  #   - { acks: none }          # or refused; forS: 60 limits it
  #   - { gpsErrorS: 100 }
  #   - { counterRestartS: 300 }
  # reach: 1                    # gateways that hear a device, if radio places none
  # location: { latitude: 60.17, longitude: 24.94, altitudeM: 0 }   # of fuota fleet's gateways
  # beaconLoss: { model: bernoulli, probability: 0.1 }    # class B
  # beaconOutages: [{ when: { atFragment: 60 }, forS: 3600 }]
  # radio:                      # distance, power and collisions decide, before any other loss
  #   pathLoss: lorasim         # or oulu, ns3
  #   radiusM: 200              # of the disc with the gateway in its middle
  #   sigmaDb:                  # by default that of the path loss
  #   shadowing: frame          # or device
  #   gateways: [{ xM: 0, yM: 0 }]   # from the middle of the disc
  #   gatewayDbm: 27
  #   deviceDbm: 14
  #   capture: 6dB              # or 1dB, goursaud, croce
  #   demodulators: 8
  # classADutyCycle: true       # false: as behind many gateways

# server:                       # what it does wrong
#   deleteGroupAfterS: 60
#   reorderEvery: 10
#   requestCopies: 2
#   statusEvery: 30
#   restart: { atFragment: 70, forS: 600 }

# modem:                        # of fuota modem: what is wrong with it
#   uartDiesAfterS: 600         # all until its power is cut
#   deafAfterResets: 30
#   sleeps: true                # loses the first byte after a pause
#   bootGlitches: 1             # starts after which it says only A
#   deafAfterResetS: 0.5
#   forgetsSettings: true       # when its power is cut
#   powerCutEveryS: 900
#   restartEveryS: 300          # its watchdog
#   saysNoBanner: true
#   bootLoops: 3
#   groupsLeft: 2               # of an earlier session
#   groupRefusals: 1
#   ownFuota: true              # as RUI 5 has it
#   busy: 0.2
#   lateAnswers: { probability: 0.05, byS: 3 }
#   lostBytes: 0.0005
#   garbledBytes: 0.0005
#   echo: true
#   band: US915                 # that it comes set for

# faults:
#   - { kind: powerCut, share: 0.1, when: { atFragment: 60 }, forS: 30 }
#   - { kind: reset, share: 0.5, when: { atS: 900 } }
#   - { kind: deaf, share: 0.1, when: { atFragment: 20 }, forS: 120 }
#   - { kind: programFails, share: 0.1, when: { atFragment: 30 }, times: 5 }
#                               # or eraseFails, readFails, bitRot

# pull:                         # devices with an IP link that pull the same firmware in chunks; with
#                               # them, devices and campaign may be left out
#   - name: pullers
#     count: 20
#     perCell: 20               # devices on one server
#     dialect: thingsboard      # or documented, or drogue
#     cbor: packed              # of drogue; or named
#     transport: http           # or mqtt or coap
#     longPolls: false          # by HTTP: asks to be told of changes
#     software: false           # true: sw_ packages
#     token: right              # or wrong
#     title: fw
#     chunkBytes: 16384
#     bankBytes:                # by default what the image needs
#     granuleBytes: 8
#     attempts: 3
#     answerTimeoutS: 10
#     backOff: { firstS: 1, maxS: 300 }
#     pollS: 300
#     startDelayMaxS: 600       # spreads the first words of a fleet
#     trialDeadlineS: 600
#     untilS: 86400
#     link: { latencyMs: { min: 20, max: 80 }, loss: 0.05, duplicates: 0.01, truncation: 0.01,
#             bytesPerS: 10000 }
#     package: { title: fw, version: 2.0.0, tag: spring, checksum: SHA256 }
#                               # or MD5, SHA384, SHA512, CRC32, MURMUR3_32, MURMUR3_128; none
#                               # of drogue; of thingsboard:
#                               # atUrl: { redirects: 0, ranges: true, says: all }
#     server:
#       assignAtS: 0
#       earlier: { version: 1.9.0, until: { atChunk: 2 } }   # or { atS: 60 }: another package first
#       tellEveryMs: 600
#       rateLimit: { requests: 100, perS: 60 }
#       restarts: [{ atS: 60, forS: 30 }]
#       without: [tellsTwice]   # surprises of the server that are turned off
#       chunkFaults: [{ kind: short, chunk: 1, times: 2 }]   # or empty, long, flipped, redirect,
#                               # error, close, silence
#       calls: false              # of drogue by mqtt: tells of new firmware unasked
#     faults:                   # also reset, programFails, eraseFails, readFails, bitRot
#       - { kind: powerCut, share: 0.5, when: { atChunk: 1 }, forS: 30 }
#       - { kind: offline, share: 0.1, when: { atS: 60 }, forS: 600 }

expect:                         # decides the exit status
  updated: all                  # or a number, or a comparison like ">= 95%"
  bricked: 0
`;
