import type { Host, Limits, NodeId, Timer } from "@espalier/runtime";
import { CodecError } from "../errors.ts";
import type { Keyring } from "../identity/keyring.ts";
import type { RekeyingCipher } from "../noise/rekeying-cipher.ts";
import type { Control } from "./hello.ts";
import { Renewal } from "./renewal.ts";
import type { Secured } from "./secured.ts";

/** What {@link Renewals} needs of its session. */
export interface RenewalsOwner {
  readonly host: Host;
  readonly limits: Limits;
  readonly keys: Keyring;
  readonly dialled: boolean;
  control(control: Control): void;
  /** From the next frame on. */
  replaceSending(cipher: RekeyingCipher): void;
  /** From the next frame on. */
  replaceReceiving(cipher: RekeyingCipher): void;
  /** It is time for {@link Renewals.begin}. */
  due(): void;
  /** The keys are too old. */
  expired(reason: string): void;
}

/** How much older than `renewMs` keys may become while the two are at it. */
const marginMs = ({ renewMs }: Limits): number => Math.ceil(renewMs / 24);

/**
 * Gives a session that is up fresh keys, again and again, while messages go on in both directions. The side that dialled begins, and each direction
 * changes keys right after the last control frame of the renewal in it:
 *
 *     D → A  first message of a handshake            sealed as all before
 *     A → D  second
 *     D → A  third                                   from here on D seals with the new key
 *     A → D  renewed                                 from here on A does
 */
export class Renewals {
  readonly #owner: RenewalsOwner;
  readonly #peer: NodeId;
  #hash: Uint8Array;
  #renewal: Renewal | null = null;
  /** The new keys, on the side that dialled, which waits for the other one to use them. */
  #next: Secured | null = null;
  #timer: Timer;
  #count = 0;

  /** The session is up, with the keys of this handshake. */
  constructor(owner: RenewalsOwner, { peer, hash }: Secured) {
    this.#owner = owner;
    this.#peer = peer;
    this.#hash = hash;
    this.#timer = this.#arm();
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** D: the first message. */
  begin(): void {
    this.#renewal = this.#newRenewal();
    this.#owner.control({ type: "renewal", noise: this.#renewal.begin() });
    this.#timer = this.#expireAfter(marginMs(this.#owner.limits));
  }

  /**
   * The other side's next handshake message: the first or the third on the side that accepted, the second on the side that dialled.
   *
   * @throws CodecError, NoiseError or IdentityError when it is not that.
   */
  receive(noise: Uint8Array): void {
    const { dialled } = this.#owner;
    if (this.#renewal === null) {
      if (dialled) throw new CodecError("a renewal that the side begins which did not dial");
      this.#renewal = this.#newRenewal();
      return this.#owner.control({ type: "renewal", noise: this.#renewal.respond(noise) });
    }
    if (dialled) {
      this.#owner.control({ type: "renewal", noise: this.#renewal.confirm(noise) });
      this.#next = this.#renewal.secured();
      return this.#owner.replaceSending(this.#next.sending);
    }
    this.#renewal.finish(noise);
    const next = this.#renewal.secured();
    this.#owner.replaceReceiving(next.receiving);
    this.#owner.control({ type: "renewed" });
    this.#owner.replaceSending(next.sending);
    this.#done(next);
  }

  /** D: the other side uses the new keys from now on. */
  finish(): void {
    const next = this.#next as Secured;
    this.#owner.replaceReceiving(next.receiving);
    this.#done(next);
  }

  #done({ hash, peerKey }: Secured): void {
    this.#renewal = null;
    this.#next = null;
    this.#hash = hash;
    this.#count += 1;
    if (peerKey !== null) this.#owner.keys.remember(peerKey);
    this.#timer.cancel();
    this.#timer = this.#arm();
  }

  #newRenewal(): Renewal {
    const { host, limits, keys, dialled } = this.#owner;
    const role = dialled ? "initiator" : "responder";
    return new Renewal({ host, limits, keys, role, peer: this.#peer, hash: this.#hash });
  }

  #arm(): Timer {
    const { host, limits, dialled } = this.#owner;
    if (!dialled) return this.#expireAfter(limits.renewMs + marginMs(limits));
    return host.clock.after(limits.renewMs, () => this.#owner.due());
  }

  #expireAfter(delayMs: number): Timer {
    const { clock, loop } = this.#owner.host;
    const timer = clock.after(delayMs, () => {
      // A timer never judges: what waits to be read is read first (H19).
      loop.afterInput(() => {
        if (this.#timer === timer) this.#owner.expired("the session's keys are too old, and were not renewed");
      });
    });
    return timer;
  }
}
