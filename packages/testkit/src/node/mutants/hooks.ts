// Imported before everything else by the processes that run a mutant, and by those that they start: gives one source file with a mistake in it.

import { registerHooks } from "node:module";
import { mutate, mutationVariable, type Mutation } from "./mutant.ts";

/** How often the file was loaded: never, and the mutant has tested nothing. */
export const loadings: { count: number } = { count: 0 };

const text = process.env[mutationVariable];
if (text !== undefined) {
  const { url, mutant } = JSON.parse(text) as Mutation;
  registerHooks({
    load(loading, context, nextLoad) {
      const loaded = nextLoad(loading, context);
      // Types are taken out after this, so what is replaced is what stands in the file.
      if (loading.split("?")[0] !== url) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      loadings.count += 1;
      return { ...loaded, source: mutate(source, mutant) };
    },
  });
}
