// Asks before a view fetches more than a visitor would expect of a page.

import { chunkBytes, countTouched, MOST_CELLS } from "./geometry.ts";
import { mustAsk } from "./limits.ts";
import { decimal } from "./log.ts";
import type { Looking } from "./looking.ts";
import { showQuestion } from "./notice.ts";
import { chunkKey } from "./metadata.ts";
import type { Sight } from "./session.ts";
import { zoom } from "./view.ts";

const tooMany = ({ plane, window }: Sight): boolean => countTouched(plane, window) > MOST_CELLS;

function absent(looking: Looking, sight: Sight, needs: readonly number[][]): number {
  if (tooMany(sight)) return countTouched(sight.plane, sight.window);
  return needs.filter((coordinates) => looking.loader.peek(sight.level, coordinates) === undefined).length;
}

/** Whether what a sight needs may be fetched without a question. */
export function enough(looking: Looking, sight: Sight, needs: readonly number[][]): boolean {
  return !mustAsk(sight.level.layout, absent(looking, sight, needs), looking.agreed);
}

/** Say how much the sight needs, and let the visitor choose. */
export function ask(looking: Looking, sight: Sight, needs: readonly number[][]): void {
  const { layout, path } = sight.level;
  const count = absent(looking, sight, needs);
  const bytes = count * chunkBytes(layout);
  const each = decimal(chunkBytes(layout));
  const what = count === 1 ? `one chunk of ${each} of values` : `${count.toLocaleString("en")} chunks of ${each} of values each, ${decimal(bytes)} in all`;
  const line = sight.axes.down === null;
  const less = { label: "Look at less", act: () => { looking.look(({ stage, view }) => zoom(stage, view, Math.max(1.5, line ? count / 12 : Math.sqrt(count / 12)))); looking.parts.stage.focus(); } };
  const fetch = { label: "Fetch them", act: () => { looking.agreed = { chunks: count, bytes }; looking.fetch(); looking.parts.stage.focus(); } };
  const show = (stored: string): void => showQuestion(looking.parts.notice, `This view needs ${what}. ${stored}`, tooMany(sight) ? [less] : [fetch, less]);
  show("As stored they may be smaller.");
  const [first] = needs;
  if (first === undefined || layout.shards !== null) return;
  const key = [path, chunkKey(layout, first)].filter((part) => part !== "").join("/");
  // The size as stored is worth one small request; where it is not told, the first sentence stands.
  void looking.store.size(key).then((size) => {
    if (size !== null && !looking.parts.notice.hidden) show(`As stored, the first is ${decimal(size)}.`);
  }, () => {});
}
