import type { drawAxis, drawFailure, drawNames } from "./frame.ts";
import type { drawEvents, drawFaults, drawLives, drawOperations } from "./lanes.ts";
import type { drawMessages } from "./messages.ts";
import type { pen } from "./pen.ts";
import type { Hit, Picture } from "./picture.ts";
import type { drawRows } from "./rows.ts";

/** What a picture is painted with. */
export interface Brushes {
  readonly pen: typeof pen;
  readonly drawAxis: typeof drawAxis;
  readonly drawFaults: typeof drawFaults;
  readonly drawLives: typeof drawLives;
  readonly drawOperations: typeof drawOperations;
  readonly drawMessages: typeof drawMessages;
  readonly drawEvents: typeof drawEvents;
  readonly drawRows: typeof drawRows;
  readonly drawFailure: typeof drawFailure;
  readonly drawNames: typeof drawNames;
}

/**
 * Draws what is in view, and returns what can be clicked. It names nothing outside itself: the page runs its text.
 */
export function paint(picture: Picture, brushes: Brushes): readonly Hit[] {
  const { surface, layout, width } = picture;
  const { gutter } = layout;
  const pen = brushes.pen(picture);
  surface.clearRect(0, 0, width, layout.height);
  surface.textBaseline = "middle";
  surface.textAlign = "left";
  brushes.drawAxis(picture, pen);
  surface.save();
  surface.beginPath();
  surface.rect(gutter - 6, 0, width - gutter + 6, layout.height);
  surface.clip();
  brushes.drawFaults(picture, pen);
  brushes.drawLives(picture, pen);
  brushes.drawOperations(picture, pen);
  brushes.drawMessages(picture, pen);
  brushes.drawEvents(picture, pen);
  brushes.drawRows(picture, pen);
  brushes.drawFailure(picture, pen);
  surface.restore();
  brushes.drawNames(picture, pen);
  return pen.hits;
}
