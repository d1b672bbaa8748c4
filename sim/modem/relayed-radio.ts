import type {
  ModemClass,
  ModemGroup,
  ModemRadio,
  RadioIdentity,
  SendOptions,
  SendOutcome,
} from "./modem-radio.ts";

/** A radio behind something that has a say in how it is used, and so far says nothing. */
export class RelayedRadio implements ModemRadio {
  protected readonly radio: ModemRadio;

  constructor(radio: ModemRadio) {
    this.radio = radio;
  }

  get isJoined(): boolean {
    return this.radio.isJoined;
  }

  get devAddr(): number {
    return this.radio.devAddr;
  }

  get netId(): number {
    return this.radio.netId;
  }

  get payloadMaxBytes(): number {
    return this.radio.payloadMaxBytes;
  }

  get rx2(): ModemRadio["rx2"] {
    return this.radio.rx2;
  }

  join(identity: RadioIdentity, dr: number): boolean {
    return this.radio.join(identity, dr);
  }

  stopJoining(): void {
    this.radio.stopJoining();
  }

  send(fPort: number, payload: Uint8Array, dr: number, options: SendOptions): SendOutcome {
    return this.radio.send(fPort, payload, dr, options);
  }

  listen(modemClass: ModemClass, groups: readonly ModemGroup[]): void {
    this.radio.listen(modemClass, groups);
  }

  reset(): void {
    this.radio.reset();
  }
}
