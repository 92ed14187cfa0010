import { campaign } from "../fuzz/campaign.ts";

// node packages/code/test/node/fuzz.ts [SEED [COUNT [SIZE]]]
const [seed = 1, count = 2000, size = 45] = process.argv.slice(2).map(Number);
const tally = campaign(seed, count, size);
for (const difference of tally.differences) console.log(`${difference}\n`);
console.log({
  programs: tally.programs,
  moves: tally.moves,
  stuck: tally.stuck,
  skipped: Object.fromEntries(tally.skipped),
});
process.exitCode = tally.differences.length > 0 ? 1 : 0;
