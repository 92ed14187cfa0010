import "../provide.ts";
import { remote } from "@espalier/code";
import { Process } from "@espalier/runtime";
import { processLaunch } from "../../src/node/index.ts";
import { RealPlace } from "./place.ts";

// A node whose sandbox computes for ever, to be killed: it says when it does.
const place = await RealPlace.start(processLaunch, { cpu: "10m", share: 1 });
const endless = remote(function* () {
  yield* Process.sleep(0);
  for (;;);
});
void place.run(place.stranger(endless)());
setTimeout(() => console.log("computing"), 4_000);
