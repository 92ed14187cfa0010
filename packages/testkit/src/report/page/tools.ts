import { drawAxis, drawFailure, drawNames } from "./frame.ts";
import { drawEvents, drawFaults, drawLives, drawOperations } from "./lanes.ts";
import { clamp, focusOf, layout } from "./layout.ts";
import { drawMessages } from "./messages.ts";
import { paint } from "./paint.ts";
import { pen } from "./pen.ts";
import { drawRows } from "./rows.ts";
import type { Tools } from "./start.ts";

/** All the code of the page but what starts it. */
export const tools: Tools = {
  clamp,
  focusOf,
  layout,
  paint,
  pen,
  drawAxis,
  drawFaults,
  drawLives,
  drawOperations,
  drawMessages,
  drawEvents,
  drawRows,
  drawFailure,
  drawNames,
};
