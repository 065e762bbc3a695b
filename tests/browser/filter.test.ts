import assert from "node:assert/strict";
import { test } from "node:test";

import { matches, parseQuery, searchString, type Item } from "../../site/browser/filter.ts";

const names = ["q", "level", "skills", "minutes"];
const maxima = new Set(["minutes"]);
const query = (search: string) => parseQuery(new URLSearchParams(search), names, maxima);
const item = (text: string, facets: Record<string, string>): Item => ({ text, facets: new Map(Object.entries(facets)) });
const starter = item("fix a typo in the docs", { level: "starter", skills: "docs python", minutes: "30" });
const deep = item("zip store performance", { level: "deep", skills: "python", minutes: "" });

test("an empty query keeps everything", () => {
  assert.ok(matches(starter, query("")));
  assert.ok(matches(deep, query("?find=&minutes=")));
});

test("every word must be found, in any case and order", () => {
  assert.ok(matches(starter, query("?find=DOCS+typo")));
  assert.ok(!matches(starter, query("?find=docs+zip")));
});

test("a letter with its accent is one letter, however it was typed", () => {
  assert.ok(matches(item("caf\u00e9 del mar", {}), query(`?find=${encodeURIComponent("CAFE\u0301")}`)));
});

test("values of one name widen, different names narrow", () => {
  assert.ok(matches(starter, query("?level=deep&level=starter")));
  assert.ok(!matches(starter, query("?level=starter&skills=rust")));
  assert.ok(matches(deep, query("?level=deep&skills=python")));
});

test("a token is compared whole", () => {
  assert.ok(!matches(starter, query("?skills=pyth")));
});

test("a limit keeps smaller numbers and drops items without one", () => {
  assert.ok(matches(starter, query("?minutes=30")));
  assert.ok(!matches(starter, query("?minutes=29")));
  assert.ok(!matches(deep, query("?minutes=500")));
});

test("unknown names and broken limits in a shared URL are ignored", () => {
  assert.ok(matches(deep, query("?utm_source=x&minutes=soon")));
});

test("the URL holds only what was filled in", () => {
  assert.equal(searchString([["q", "  "], ["level", "starter"], ["level", "deep"], ["minutes", ""]]), "?level=starter&level=deep");
  assert.equal(searchString([["q", ""]]), "");
  assert.equal(searchString([["q", "a&b=c"]]), "?find=a%26b%3Dc");
});
