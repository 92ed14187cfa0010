import { determinism, type DeterminismResult } from "../../campaign/determinism.ts";
import { describeDivergence, type Divergence } from "../../campaign/divergence.ts";
import { listSeeds } from "../../campaign/seeds.ts";
import { cryptoOf } from "./crypto.ts";
import { exitCodes, worst } from "./exit-code.ts";
import { loadTarget, type Loaded } from "./load.ts";
import { progress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { runInThreads } from "./threads.ts";
import type { ChaosRequest } from "./usage.ts";

type DeterminismRequest = Extract<ChaosRequest, { readonly command: "determinism" }>;

/** `chaos determinism`. */
export async function compareRuns(request: DeterminismRequest, terminal: Terminal): Promise<number> {
  const loaded = (await Promise.all(request.targets.map((target) => loadTarget(target, terminal.cwd)))).flat();
  const results: Pick<DeterminismResult, "ok" | "seeds" | "events">[] = [];
  for (const each of loaded) {
    if (terminal.stop.aborted) break;
    const result = await compareAll(each, request, terminal);
    terminal.out(result.text);
    results.push(result);
  }
  if (results.length > 1) {
    const sum = (count: (result: (typeof results)[number]) => number): number =>
      results.reduce((total, result) => total + count(result), 0);
    const differed = results.filter(({ ok }) => !ok).length;
    terminal.out(
      `${results.length} scenarios: ${sum(({ seeds }) => seeds)} seeds run twice, ${sum(({ events }) => events)} events, ` +
        (differed === 0 ? "no difference" : `${differed} of them not the same twice`),
    );
  }
  return worst(results.map(({ ok }) => (ok ? exitCodes.clean : exitCodes.nondeterministic)));
}

async function compareAll(
  loaded: Loaded,
  { seeds, jobs, crypto }: DeterminismRequest,
  terminal: Terminal,
): Promise<Pick<DeterminismResult, "ok" | "seeds" | "events" | "text">> {
  const { scenario } = loaded;
  const onProgress = progress(scenario.name, terminal);
  let done = 0;
  if (jobs === 1) {
    const enough = (): boolean => {
      onProgress(done);
      done += 1;
      return terminal.stop.aborted;
    };
    return await determinism(scenario, { seeds, ...cryptoOf(crypto), enough });
  }
  let events = 0;
  let divergence: Divergence | null = null;
  await runInThreads(loaded, {
    seeds: listSeeds(seeds),
    jobs,
    schedule: null,
    crypto,
    isTwice: () => true,
    onAnswer: (answer) => {
      events += answer.summary.events;
      divergence ??= answer.divergence;
      onProgress((done += 1));
    },
    isOver: () => divergence !== null || terminal.stop.aborted,
  });
  const said =
    divergence === null ? `${done} seeds run twice, ${events} events, no difference` : describeDivergence(divergence);
  return { ok: divergence === null, seeds: done, events, text: `scenario ${JSON.stringify(scenario.name)}: ${said}` };
}
