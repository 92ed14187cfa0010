import type { FaultKind } from "./kind.ts";
import { block, type Block } from "./kinds/block.ts";
import { crash, type Crash } from "./kinds/crash.ts";
import { cross, type Cross } from "./kinds/cross.ts";
import { cut, type Cut } from "./kinds/cut.ts";
import { disk, type Disk } from "./kinds/disk.ts";
import { drift, type Drift } from "./kinds/drift.ts";
import { drop, type Drop } from "./kinds/drop.ts";
import { duplicate, type Duplicate } from "./kinds/duplicate.ts";
import { forge, type Forge } from "./kinds/forge.ts";
import { halfOpen, type HalfOpen } from "./kinds/half-open.ts";
import { hold, type Hold } from "./kinds/hold.ts";
import { loss, type Loss } from "./kinds/loss.ts";
import { lostTail, type LostTail } from "./kinds/lost-tail.ts";
import { partition, type Partition } from "./kinds/partition.ts";
import { pause, type Pause } from "./kinds/pause.ts";
import { refuse, type Refuse } from "./kinds/refuse.ts";
import { replay, type Replay } from "./kinds/replay.ts";
import { slow, type Slow } from "./kinds/slow.ts";
import { slowConsumer, type SlowConsumer } from "./kinds/slow-consumer.ts";
import { stall, type Stall } from "./kinds/stall.ts";
import { step, type Step } from "./kinds/step.ts";
import { suspend, type Suspend } from "./kinds/suspend.ts";
import { tamper, type Tamper } from "./kinds/tamper.ts";
import { throttle, type Throttle } from "./kinds/throttle.ts";

/** What each kind of fault says of itself, by its name. */
export interface Particulars {
  readonly block: Block;
  readonly crash: Crash;
  readonly cross: Cross;
  readonly cut: Cut;
  readonly disk: Disk;
  readonly drift: Drift;
  readonly drop: Drop;
  readonly duplicate: Duplicate;
  readonly forge: Forge;
  readonly halfOpen: HalfOpen;
  readonly hold: Hold;
  readonly loss: Loss;
  readonly lostTail: LostTail;
  readonly partition: Partition;
  readonly pause: Pause;
  readonly refuse: Refuse;
  readonly replay: Replay;
  readonly slow: Slow;
  readonly slowConsumer: SlowConsumer;
  readonly stall: Stall;
  readonly step: Step;
  readonly suspend: Suspend;
  readonly tamper: Tamper;
  readonly throttle: Throttle;
}

export const kinds: { readonly [Type in keyof Particulars]: FaultKind<Particulars[Type]> } = {
  block,
  crash,
  cross,
  cut,
  disk,
  drift,
  drop,
  duplicate,
  forge,
  halfOpen,
  hold,
  loss,
  lostTail,
  partition,
  pause,
  refuse,
  replay,
  slow,
  slowConsumer,
  stall,
  step,
  suspend,
  tamper,
  throttle,
};
