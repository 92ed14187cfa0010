import { Process, Server, Sys } from "@espalier/runtime";
import { expect, test } from "vitest";
import { Bench } from "./bench.ts";

test("a server that is suspended is shown as such, and waits to go on (S319)", async () => {
  const bench = await Bench.start();
  const Idle = Server.define({ init: () => 0 });
  let key = "";
  await bench.begin(function* () {
    const server = yield* Server.start(Idle, undefined);
    key = server.pid.key;
    yield* Sys.suspend(server);
    yield* Process.sleep("1s");
    yield* Sys.resume(server);
  });
  const shown = (): unknown => bench.observer.process(key, false)?.row;
  expect(shown()).toMatchObject({ suspended: true, waitingFor: "resume" });
  bench.host.advance(1000);
  await bench.host.settle();
  expect(shown()).toMatchObject({ suspended: false, waitingFor: "receive" });
});
