import type { Pipe, PipeHandler } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { expect, it } from "vitest";
import { openMemoryPipe } from "../src/memory-pipe.ts";

class Side implements PipeHandler {
  readonly said: string[] = [];
  readonly frames: Uint8Array[] = [];
  open(): void {
    this.said.push("open");
  }
  frame(bytes: Uint8Array): void {
    this.frames.push(bytes);
    this.said.push(`frame ${bytes.join(",")}`);
  }
  closed(reason: string): void {
    this.said.push(`closed: ${reason}`);
  }
  drained(): void {
    this.said.push("drained");
  }
}

function open(host: ManualHost): { near: Side; far: Side; pipe: Pipe; back: () => Pipe } {
  const near = new Side();
  const far = new Side();
  let back: Pipe | null = null;
  const pipe = openMemoryPipe({
    loop: host.loop,
    near: "one",
    far: "other",
    handler: near,
    accept: (accepted) => {
      back = accepted;
      return far;
    },
  });
  return { near, far, pipe, back: () => back as unknown as Pipe };
}

it("says nothing before the next turn, then opens both ends, and carries frames in order, both ways", () => {
  const host = new ManualHost();
  const { near, far, pipe, back } = open(host);
  expect([near.said, far.said]).toEqual([[], []]);
  host.run();
  pipe.send(Uint8Array.of(1));
  pipe.send(Uint8Array.of(2));
  back().send(Uint8Array.of(3));
  expect(far.said).toEqual(["open"]);
  host.run();
  expect(far.said).toEqual(["open", "frame 1", "frame 2"]);
  expect(near.said).toEqual(["open", "frame 3"]);
  expect([pipe.remote, back().remote]).toEqual(["other", "one"]);
});

it("shares no bytes: who sends may write over what it sent, who receives over what it got", () => {
  const host = new ManualHost();
  const { far, pipe } = open(host);
  host.run();
  const frame = Uint8Array.of(7, 7);
  pipe.send(frame);
  frame.fill(0);
  host.run();
  expect(far.frames).toEqual([Uint8Array.of(7, 7)]);
  far.frames[0]?.fill(1);
  expect(frame).toEqual(Uint8Array.of(0, 0));
});

it("counts what is queued, carries a quarter of a MiB a turn, and says when it has drained", () => {
  const host = new ManualHost();
  const { near, far, pipe } = open(host);
  host.run();
  const queued: number[] = [];
  for (let sent = 0; sent < 20; sent += 1) pipe.send(new Uint8Array(2 ** 16));
  expect(pipe.queuedBytes).toBe(20 * 2 ** 16);
  const watch = (): void => {
    queued.push(pipe.queuedBytes / 2 ** 16);
    if (pipe.queuedBytes > 0) host.loop.soon(watch);
  };
  host.loop.soon(watch);
  host.run();
  expect(queued).toEqual([16, 12, 8, 4, 0]);
  expect(far.frames).toHaveLength(20);
  expect(near.said).toEqual(["open", "drained"]);
});

it("delivers what was sent before a close, then closes, each end once", () => {
  const host = new ManualHost();
  const { near, far, pipe, back } = open(host);
  host.run();
  for (let sent = 0; sent < 3; sent += 1) pipe.send(new Uint8Array(2 ** 18).fill(sent));
  back().send(Uint8Array.of(9));
  pipe.close("enough");
  pipe.close("twice");
  pipe.send(Uint8Array.of(4));
  host.run();
  back().send(Uint8Array.of(5));
  back().close("late");
  host.run();
  expect(far.frames.map(([first]) => first)).toEqual([0, 1, 2]);
  expect(far.said.at(-1)).toBe("closed: enough");
  expect(near.said).toEqual(["open", "closed: enough"]);
  expect(back().queuedBytes).toBe(0);
});

it("closes when nobody takes the other end, and never opens when it is closed before", () => {
  const host = new ManualHost();
  const refused = new Side();
  openMemoryPipe({ loop: host.loop, near: "n", far: "f", handler: refused, accept: () => "nobody is there" });
  const { near, far, pipe } = open(host);
  pipe.close("changed my mind");
  host.run();
  expect(refused.said).toEqual(["closed: nobody is there"]);
  expect([near.said, far.said]).toEqual([["closed: changed my mind"], []]);
});

it("loses nothing of the other frames when a handler throws", () => {
  const host = new ManualHost();
  const { far, pipe } = open(host);
  host.run();
  far.open = () => {};
  const frame = far.frame.bind(far);
  far.frame = (bytes) => {
    if (bytes.length > 2 ** 17 && bytes[0] === 1) throw new Error("a bug");
    frame(bytes);
  };
  pipe.send(new Uint8Array(2 ** 18).fill(1));
  pipe.send(Uint8Array.of(2));
  expect(() => host.run()).toThrow("a bug");
  host.run();
  expect(far.said).toEqual(["open", "frame 2"]);
});
