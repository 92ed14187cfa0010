import { Access, limits, NodeRef } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { plainCrypto } from "@espalier/testkit";
import { createIdentity, SessionTransport, type Identity } from "@espalier/wire";
import { expect, it } from "vitest";
import { say } from "./town.ts";

const sessions = 2_000;
const nodes = 8;

class Dweller {
  readonly identity: Identity;
  readonly ref: NodeRef;
  transport: SessionTransport;
  life = 0;
  readonly #host: ManualHost;
  readonly #name: string;

  constructor(host: ManualHost, n: number) {
    this.#host = host;
    this.#name = `ws://node${n}`;
    this.identity = createIdentity(Object.assign(new ManualHost({ seed: n + 1 }), { crypto: plainCrypto }));
    this.ref = new NodeRef(this.identity.id, this.#name);
    this.transport = this.live();
  }

  live(): SessionTransport {
    const { clock, loop, disk, network, random } = this.#host;
    this.life += 1;
    this.transport = new SessionTransport({
      host: { clock, loop, disk, network, random, crypto: plainCrypto },
      identity: this.identity,
      incarnation: String(this.life),
      abi: 1,
      hashVersion: 1,
      listen: this.#name,
      access: new Access("anyone"),
      netTicktimeMs: 1_000,
      limits: { ...limits, handshakesPerSecond: 1_000_000 },
    });
    void this.transport.start({ up() {}, message() {}, down() {}, failed() {} });
    return this.transport;
  }
}

it(
  "leaves nothing behind, however sessions end: 2,000 that open, talk and die (S266)",
  { timeout: 120_000 },
  async () => {
    const host = new ManualHost();
    const { random, network } = host;
    const dwellers = Array.from({ length: nodes }, (_, n) => new Dweller(host, n));
    await host.settle();
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random.unit() * items.length)] as Item;
    let begun = 0;
    /** Those of earlier lives. */
    const past: SessionTransport[] = [];
    /** How a round of talking ends. */
    const endings: readonly ((one: Dweller, two: Dweller) => void | Promise<void>)[] = [
      (one, two) => one.transport.disconnect(two.ref.id, "enough"),
      (one, two) => {
        one.transport.disconnect(two.ref.id, "enough");
        two.transport.disconnect(one.ref.id, "enough");
      },
      () => network.cut(),
      // Silence: nobody is woken, and both sides notice at once that nobody was there.
      () => host.advance(500),
      async (one) => {
        await one.transport.stop();
        await host.settle();
        past.push(one.transport);
        one.live();
        await host.settle();
      },
      (one, two) => {
        one.transport.keep(two.ref);
        two.transport.keep(one.ref);
        host.run();
        network.cut();
        host.advance(400);
        one.transport.release(two.ref.id);
        two.transport.release(one.ref.id);
      },
      // Halfway through a handshake.
      (one, two) => {
        one.transport.connect(two.ref);
        network.connect(two.ref.address as string, { open() {}, frame() {}, closed() {} });
      },
      (one, two) => {
        const pipe = network.connect(two.ref.address as string, {
          open: () => pipe.send(random.bytes(1 + Math.floor(random.unit() * 80))),
          frame() {},
          closed() {},
        });
        one.transport.connect(new NodeRef(pick(dwellers).ref.id, two.ref.address));
      },
    ];

    const transports = (): readonly SessionTransport[] => [...past, ...dwellers.map(({ transport }) => transport)];
    while (begun < sessions) {
      for (let n = 0; n < 20; n += 1) {
        const [one, two] = [pick(dwellers), pick(dwellers)];
        one.transport.connect(two.ref);
        if (random.unit() < 0.3) two.transport.connect(one.ref);
      }
      host.run();
      for (const one of dwellers) for (const two of dwellers) one.transport.send(two.ref.id, say);
      host.run();
      await pick(endings)(pick(dwellers), pick(dwellers));
      await host.settle();
      begun = transports().reduce((sum, transport) => sum + transport.network().handshakes.begun, 0) / 2;
    }
    for (const { transport } of dwellers) await transport.stop();
    await host.settle();
    host.advance(limits.handshakeMs);
    for (const transport of transports()) {
      const { handshakes, ...rest } = transport.network();
      expect(rest).toMatchObject({ connections: 0, kept: 0, dialsQueued: 0 });
      expect(handshakes.halfOpen).toBe(0);
      expect(handshakes.done + Object.values(handshakes.failed).reduce((sum, n) => sum + n, 0)).toBe(handshakes.begun);
    }
    expect(host.timers).toBe(0);
  },
);
