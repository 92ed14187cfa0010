import type { Place } from "@espalier/heartbeat";
import type { Limits } from "../limits.ts";
import { TokenBucket } from "../token-bucket.ts";

/** What one peer costs this node over one link: gone with the link, like all that is counted here. */
export class PeerAccount {
  /** The peer in its present life. */
  readonly place: Place;
  /** Null: as many as it likes, as nearly always. */
  readonly messages: TokenBucket | null;
  /** `code.need` and `code.supply`. */
  readonly codeMessages: TokenBucket;
  readonly offers: TokenBucket;
  /** Connections to where it alone has said that somebody listens. */
  readonly dials: TokenBucket;
  readonly refusals: TokenBucket;
  /** The monitors and links that it has made here, by what tells each from all others. */
  readonly references: Set<string> = new Set();

  constructor(place: Place, limits: Limits, nowMs: number) {
    const bucket = (perSecond: number): TokenBucket => new TokenBucket(perSecond, limits.rateBurstMs, nowMs);
    this.place = place;
    this.messages = limits.messagesPerSecond === Infinity ? null : bucket(limits.messagesPerSecond);
    this.codeMessages = bucket(limits.codeMessagesPerSecond);
    this.offers = bucket(limits.offersPerSecond);
    this.dials = bucket(limits.namedDialsPerSecond);
    this.refusals = bucket(limits.refusalsPerSecond);
  }
}
