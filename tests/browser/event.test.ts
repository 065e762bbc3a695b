import assert from "node:assert/strict";
import { test } from "node:test";

import { isThere, left, phaseAt } from "../../site/browser/event.ts";
import { wanted } from "../../site/browser/offline-page.ts";

const minute = 60_000;

for (const [milliseconds, text] of [
  [59_999, "less than a minute"], [minute, "1 min"], [minute + 1, "2 min"], [59 * minute, "59 min"], [60 * minute, "1 h 0 min"],
  [25 * 60 * minute, "1 day 1 h"], [48 * 60 * minute, "2 days"], [200 * 24 * 60 * minute, "200 days"],
] as const) {
  test(`${milliseconds} ms: ${text}`, () => assert.equal(left(milliseconds), text));
}

test("the start belongs to the event, the end does not", () => {
  assert.equal(phaseAt(10, 20, 9), "before");
  assert.equal(phaseAt(10, 20, 10), "live");
  assert.equal(phaseAt(10, 20, 19), "live");
  assert.equal(phaseAt(10, 20, 20), "after");
});

test("somebody is there during any of the stays, whatever their offsets", () => {
  const stays = "2030-03-31T01:00:00+01:00/2030-03-31T04:00:00+02:00 2030-03-31T17:00:00-08:00/2030-03-31T18:00:00-08:00";
  assert.equal(isThere(stays, Date.parse("2030-03-31T01:59:59Z")), true);
  assert.equal(isThere(stays, Date.parse("2030-03-31T02:00:00Z")), false);
  assert.equal(isThere(stays, Date.parse("2030-04-01T01:30:00Z")), true);
  assert.equal(isThere("", 0), false);
});

test("what is kept are own addresses, each once, without fragments", () => {
  const page = "https://zarr.example/sprints/spring/";
  assert.deepEqual(
    wanted(page, ["https://zarr.example/main.js", "https://elsewhere.example/x.js"], ["sheet/", "event.ics#top", "https://zarr.example/main.js"]),
    [page, "https://zarr.example/main.js", `${page}sheet/`, `${page}event.ics`],
  );
});
