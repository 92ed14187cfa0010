import type { Mutant } from "@espalier/testkit/command";
import { seedsMax } from "./scenarios.ts";

const src = "packages/runtime/src";

function shownBy(
  section: "aliases" | "monitors" | "names",
  title: string,
): Pick<Mutant, "scenario" | "seed" | "seedsMax"> {
  return { scenario: [`tests/conformance/rules/${section}.ts`, title], seed: 1, seedsMax };
}

/** Aliases, monitors by name, priority messages, names, timers and spawn requests. */
export const addressMutants: readonly Mutant[] = [
  {
    id: "AD1",
    title: "an alias that was taken away is an address still",
    file: `${src}/addresses/alias.ts`,
    find: `    this.close();
    return true;`,
    replace: `    return true;`,
    ...shownBy("aliases", "R-320, R-408 an alias is an address until it is taken away, for senders on a"),
  },
  {
    id: "AD2",
    title: "a reply alias takes a second message",
    file: `${src}/addresses/alias.ts`,
    find: `    if (this.#mode === "reply") this.close();`,
    replace: ``,
    ...shownBy("aliases", "R-321 of what comes to a reply alias from b the first is taken"),
  },
  {
    id: "AD3",
    title: "the first reply leaves the monitor",
    file: `${src}/exits/monitor.ts`,
    find: `    if (this.#alias === "reply-demonitor") kernel.unwatch(this);`,
    replace: ``,
    ...shownBy("aliases", "R-322 the alias of a monitor lives as long as it says, for a process on b"),
  },
  {
    id: "AD4",
    title: "a priority message overtakes those before it",
    file: `${src}/mailbox/priority.ts`,
    find: `    this.insertAt(this.#urgent, message);
    this.#urgent += 1;`,
    replace: `    this.insertAt(0, message);
    this.#urgent += 1;`,
    ...shownBy("aliases", "R-411 priority messages from b overtake ordinary ones, and not each other"),
  },
  {
    id: "AD5",
    title: "a spawn request is answered before the process has arrived",
    file: `${src}/spawning/spawn-request.ts`,
    find: `  else requested.set(child, ref);`,
    replace: `  else watch.reply(kernel);`,
    ...shownBy("aliases", "R-142 a request that comes to nothing says why, and nothing else"),
  },
  {
    id: "AD6",
    title: "which messages are mapped DOWNs is forgotten on the way",
    file: `${src}/moving/moving.ts`,
    find: `    mapped: captureMapped(cell),`,
    replace: `    mapped: [],`,
    ...shownBy("monitors", "R-308 a flush finds what a map or a tag made, after a move, too"),
  },
  {
    id: "AD7",
    title: "a name that nobody has on a node is never told of",
    file: `${src}/distribution/node-service.ts`,
    find: `      else kernel.route(kernel.root, ref.owner, { type: "down", ref, cause: { type: "noproc", what: name } });`,
    replace: ``,
    ...shownBy("monitors", "R-304 the same on another node"),
  },
  {
    id: "AD8",
    title: "whoever had a name is watched for ever",
    file: `${src}/distribution/node-service.ts`,
    find: `    remoteWatchers.get(ref.key)?.detach();
    remoteWatchers.delete(ref.key);`,
    replace: ``,
    ...shownBy("monitors", "R-312 who is watched on b is watched by nobody who ended or went away"),
  },
  {
    id: "AD9",
    title: "demonitor leaves the monitor",
    file: `${src}/exits/monitor.ts`,
    find: `    kernel.unwatch(watch);
    watch.over();`,
    replace: `    watch.over();`,
    ...shownBy("monitors", "R-307 after demonitor nothing new comes from b, and what has come stays"),
  },
  {
    id: "AD10",
    title: "a timer to a process outlives it",
    file: `${src}/timers/timer.ts`,
    find: `  if (timer.holder !== null) (timer.holder.alarms ??= new Set()).add(timer.alarm);`,
    replace: ``,
    ...shownBy("names", "R-504 a timer to a pid goes with that process, one to a name looks when its time has come"),
  },
  {
    id: "AD10b",
    title: "an interval drifts by what the node was late",
    file: `${src}/timers/interval.ts`,
    find: ` - (lateMs % this.#periodMs)`,
    replace: ``,
    ...shownBy(
      "names",
      "R-505, R-506 an interval keeps its time, does not make up for what a node that stood still has missed, and can be cancelled",
    ),
  },
  {
    id: "AD11",
    title: "a body begins although somebody else has its name in a registry",
    file: `${src}/spawning/start.ts`,
    find: `  if (pid !== null) yield* new Announce<never>({ type: "taken", pid });`,
    replace: `  void pid;`,
    ...shownBy("names", "R-605 a name in a registry is an address, and is taken before the body begins"),
  },
  {
    id: "AD12",
    title: "a process that was to be linked is abandoned when whoever asked for it ends normally",
    file: `${src}/spawning/spawn-request.ts`,
    find: `    this.#exit(kernel, this.owner.cause ?? normal, true);`,
    replace: `    this.#exit(kernel, abandoned, false);`,
    ...shownBy(
      "aliases",
      "R-142 the normal end of whoever asked for a linked process does it no harm, as through any link",
    ),
  },
];
