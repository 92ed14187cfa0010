import fc from "fast-check";

/**
 * Sequences of steps for a model test, drawn with swarm weights: each sequence first draws how likely every kind of step is,
 * and leaves many kinds out. Evenly mixed steps hardly ever fill a structure, or empty it, or repeat one thing long enough.
 */
export function swarm<Step>(kinds: Record<string, fc.Arbitrary<Step>>, lengthMax = 120): fc.Arbitrary<Step[]> {
  const names = Object.keys(kinds);
  const weights = fc.tuple(...names.map(() => fc.constantFrom(0, 0, 1, 3, 10)));
  return weights.chain((drawn) => {
    const weighted = names.map((name, index) => ({
      weight: drawn[index] as number,
      arbitrary: kinds[name] as fc.Arbitrary<Step>,
    }));
    if (weighted.every(({ weight }) => weight === 0)) return fc.constant<Step[]>([]);
    return fc.array(fc.oneof(...weighted), { maxLength: lengthMax, size: "max" });
  });
}
