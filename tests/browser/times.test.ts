import assert from "node:assert/strict";
import { test } from "node:test";

import { age, daysBetween, local } from "../../site/browser/times.ts";

const now = new Date("2026-11-22T12:00:00Z");
const ago = (days: number): Date => new Date(now.getTime() - days * 86_400_000);

for (const [days, text] of [
  [0, "today"], [1, "1 day ago"], [59, "59 days ago"], [61, "2 months ago"], [400, "13 months ago"], [800, "2 years ago"], [-2, "in 2 days"],
] as const) {
  test(`${days} days: ${text}`, () => assert.equal(age(ago(days), now), text));
}

test("days are whole and signed", () => {
  assert.equal(daysBetween(new Date("2026-11-21T13:00:00Z"), now), 0);
  assert.equal(daysBetween(new Date("2026-11-22T13:00:00Z"), now), -1);
});

test("an instant is told in the reader's zone, across the date line and daylight saving", () => {
  const instant = new Date("2022-12-02T17:00:00Z");
  assert.match(local(instant, "en-GB", "Pacific/Auckland"), /^Sat,? 3 Dec,? (at )?06:00 GMT\+13$/);
  assert.match(local(instant, "en-GB", "Asia/Kolkata"), /22:30 GMT\+5:30$/);
  assert.match(local(new Date("2022-07-02T17:00:00Z"), "en-GB", "America/Los_Angeles"), /10:00 GMT-7$/);
  assert.match(local(instant, "en-GB", "America/Los_Angeles"), /09:00 GMT-8$/);
});
