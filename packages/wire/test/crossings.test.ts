import { Access, type NodeRef } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { createIdentity, type Identity } from "../src/identity/identity.ts";
import type { SessionTransportOptions } from "../src/connection/transport.ts";
import { NamedPeer } from "./named-peer.ts";
import { toyCrypto } from "./toy-crypto.ts";
import { World } from "./world.ts";

type Options = Partial<SessionTransportOptions>;

const sharedKey = new Uint8Array(32).fill(7);
const wrongKey = new Uint8Array(32).fill(8);

/** How two nodes stand to each other, of which the first has the lower id: what each was started with, and which key each dials the other with. */
interface Standing {
  readonly low: (other: Identity) => Options;
  readonly high: (other: Identity) => Options;
  readonly lowDialsWith?: Uint8Array;
  readonly highDialsWith?: Uint8Array;
}

const nobody = (): Options => ({ access: new Access() });
const theOther = ({ id }: Identity): Options => ({ access: new Access([id]) });
const whoHasTheKey = (): Options => ({ access: new Access(), sharedKey });

const standings: Readonly<Record<string, Standing>> = {
  "that let each other in": { low: theOther, high: theOther },
  "of which only the lower one lets the other in": { low: theOther, high: nobody },
  "of which only the higher one lets the other in": { low: nobody, high: theOther },
  "of which only the lower one shares a key": { low: whoHasTheKey, high: nobody, highDialsWith: sharedKey },
  "of which only the higher one shares a key": { low: nobody, high: whoHasTheKey, lowDialsWith: sharedKey },
  "of which the lower one dials with a key that is not the other's": {
    low: theOther,
    high: () => ({ access: new Access(), sharedKey }),
    lowDialsWith: wrongKey,
  },
  "of which the higher one dials with a key that is not the other's": {
    low: () => ({ access: new Access(), sharedKey }),
    high: theOther,
    highDialsWith: wrongKey,
  },
};

/** So many steps of the network lie between the two attempts at most: more than a handshake has. */
const delays = Array.from({ length: 24 }, (_, n) => n - 12);

const withKey = (ref: NodeRef, key: Uint8Array | undefined): NodeRef => (key === undefined ? ref : ref.withKey(key));

/** Two nodes, and what makes each of them want the other. */
async function meeting(standing: Standing, how: "connect" | "keep") {
  const world = new World(toyCrypto);
  const keys = world.host("keys");
  const identities = [createIdentity(keys), createIdentity(keys)].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const [lower, higher] = identities as [Identity, Identity];
  const low = await new NamedPeer(world, "low", { ...standing.low(higher), identity: lower }).start();
  const high = await new NamedPeer(world, "high", { ...standing.high(lower), identity: higher }).start();
  return {
    world,
    low,
    high,
    lowDials: () => low.transport[how](withKey(high.ref, standing.lowDialsWith)),
    highDials: () => high.transport[how](withKey(low.ref, standing.highDialsWith)),
  };
}

describe.each(Object.entries(standings))("two nodes %s, and dial each other at once", (_, standing) => {
  it.each(["connect", "keep"] as const)(
    "are linked at once, once, whoever begins and by however much (%s; S108, R-1310)",
    async (how) => {
      for (const delay of delays) {
        const { world, low, high, lowDials, highDials } = await meeting(standing, how);
        const [first, second] = delay < 0 ? [lowDials, highDials] : [highDials, lowDials];
        first();
        let steps = Math.abs(delay);
        const step = (): void => (steps-- > 0 ? world.manual.loop.soon(step) : second());
        step();
        // What is due at once, and nothing that waits.
        await world.run();
        const ups = [low, high].map(({ log }) => log.filter((entry) => entry.startsWith("up")).length);
        expect({ delay, ups, links: low.transport.links().length, pipes: world.openPipes }).toEqual({
          delay,
          ups: [1, 1],
          links: 1,
          pipes: 1,
        });
        await world.run(12_000);
        expect({ delay, downs: low.log.filter((entry) => entry.startsWith("down")) }).toEqual({ delay, downs: [] });
      }
    },
  );
});
